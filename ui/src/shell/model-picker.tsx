// Which model answers: a list with a search, those of this computer first. One that can't be asked says why.
import { Popover } from '@base-ui/react/popover'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Check, ChevronDown, Clapperboard, Cloud, HardDrive, KeyRound, Plug, Search } from 'lucide-react'
import { type KeyboardEvent, type ReactElement, useState } from 'react'
import { dollars } from '../lib/words'
import { modelsQuery } from '../server/queries'
import type { ModelInfo } from '../server/types'
import './model-picker.css'

type ModelPickerProps = {
  /** The model that is chosen here; nothing when the default decides. */
  value: string | undefined
  onChange: (model: string) => void
  /** Before anybody was chosen, says so instead of naming the demo. */
  asks?: boolean
  /** Stands in for the pill. */
  trigger?: ReactElement
}

export function ModelPicker({ value, onChange, asks, trigger }: ModelPickerProps) {
  const { data } = useQuery(modelsQuery())
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const all = data?.items ?? []
  const chosenId = value ?? data?.default
  const known = all.find((model) => model.id === chosenId)
  const chosen = asks && value === undefined && known?.demo ? undefined : known
  const name = chosen?.name ?? (asks ? 'Choose AI' : (chosenId ?? 'No model'))
  const found = inOrder(all).filter((model) =>
    `${model.name} ${model.id}`.toLowerCase().includes(words.toLowerCase()),
  )
  const pick = (model: ModelInfo) => {
    if (!model.available) return
    onChange(model.id)
    setOpen(false)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      setAt((at + step + found.length) % Math.max(found.length, 1))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const model = found[at]
      if (model) pick(model)
    }
  }
  return (
    <Popover.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next)
        setWords('')
        setAt(0)
      }}
    >
      <Popover.Trigger
        render={
          trigger ?? (
            <button
              type="button"
              className="pill model-pill"
              aria-label={`Model: ${name}`}
              data-testid="model-picker"
            >
              {chosen ? <ModelIcon model={chosen} /> : <Plug className="i" aria-hidden />}
              <span className="clip">{name}</span>
              {chosen?.demo && <span className="badge badge--line">demo</span>}
              <ChevronDown className="i" aria-hidden />
            </button>
          )
        }
      />
      <Popover.Portal>
        <Popover.Positioner className="layer-menu" side="top" align="start" sideOffset={6}>
          <Popover.Popup className="menu models">
            <div className="models__search">
              <Search className="i i--s" aria-hidden />
              <input
                className="input__text"
                aria-label="Find a model"
                role="combobox"
                aria-expanded
                aria-controls="model-list"
                aria-activedescendant={found[at] ? `model-${found[at].id}` : undefined}
                placeholder="Find a model"
                value={words}
                onChange={(event) => {
                  setWords(event.target.value)
                  setAt(0)
                }}
                onKeyDown={onKey}
              />
            </div>
            <div id="model-list" role="listbox" aria-label="Models" className="models__list">
              {found.map((model, index) => (
                <div key={model.id} role="none">
                  {found[index - 1] === undefined || groupOf(found[index - 1]) !== groupOf(model) ? (
                    <div className="menu__label">{groupOf(model)}</div>
                  ) : null}
                  <div
                    id={`model-${model.id}`}
                    role="option"
                    tabIndex={-1}
                    className="menu__item model"
                    data-highlighted={index === at || undefined}
                    aria-selected={model === chosen}
                    aria-disabled={!model.available}
                    onMouseMove={() => setAt(index)}
                    onClick={() => pick(model)}
                  >
                    {model === chosen ? (
                      <Check className="i i--s" aria-hidden />
                    ) : (
                      <ModelIcon model={model} />
                    )}
                    <span className="model__words">
                      <span className="clip">{model.name}</span>
                      {!model.available && (
                        <span className="small muted">{model.reason ?? 'Not connected.'}</span>
                      )}
                    </span>
                    {model.available && <span className="push small muted">{modelDetail(model)}</span>}
                  </div>
                </div>
              ))}
              {found.length === 0 && (
                <p className="models__none small muted">No model has “{words}” in its name.</p>
              )}
            </div>
            <hr />
            <button
              type="button"
              className="menu__item models__more"
              onClick={() => {
                setOpen(false)
                void navigate({ to: '/settings/$section', params: { section: 'models' } })
              }}
            >
              <KeyRound className="i i--s" aria-hidden />
              Keys and models
            </button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

function groupOf(model: ModelInfo | undefined): string {
  if (!model) return ''
  if (model.demo) return 'Built in'
  return model.local ? 'On this computer' : 'Cloud'
}

function inOrder(models: readonly ModelInfo[]): ModelInfo[] {
  const rank = (model: ModelInfo) => (model.demo ? 2 : model.local ? 0 : 1) * 2 + (model.available ? 0 : 1)
  return [...models].sort((a, b) => rank(a) - rank(b))
}

function modelDetail(model: ModelInfo): string {
  if (model.demo) return 'scripted, no model'
  if (model.local) return '$0'
  return model.price ? `${dollars(model.price.input)} / ${dollars(model.price.output)}` : ''
}

export function ModelIcon({ model }: { model: Pick<ModelInfo, 'demo' | 'local'> }) {
  if (model.demo) return <Clapperboard className="i i--s" aria-hidden />
  return model.local ? <HardDrive className="i i--s" aria-hidden /> : <Cloud className="i i--s" aria-hidden />
}
