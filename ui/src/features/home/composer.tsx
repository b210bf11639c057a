// The question. An idea becomes a project and its first task; who is asked is chosen at the latest then.
import { useQuery } from '@tanstack/react-query'
import { ArrowUp } from 'lucide-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { IconButton } from '../../kit/button'
import { inWords } from '../../server/problem'
import { capabilitiesQuery, modelsQuery } from '../../server/queries'
import type { Mode } from '../../server/types'
import { useKept } from '../../server/ui-state'
import { ModeMenu } from '../../shell/mode-menu'
import { ModelPicker } from '../../shell/model-picker'
import { ChooseAgent } from './choose-agent'
import { ModelLine } from './model-line'
import { nameFrom } from './name'
import { useStart } from './open'
import { isDemo, templateFor } from './plan'

const DRAFT = 'home.draft'

export function HomeComposer() {
  const draft = useKept(DRAFT)
  const [typed, setTyped] = useState<string>()
  const text = typed ?? (typeof draft.value === 'string' ? draft.value : '')
  const [mode, setMode] = useState<Mode>('patch')
  const [model, setModel] = useState<string>()
  const [choosing, setChoosing] = useState(false)
  const { data: models } = useQuery(modelsQuery())
  const { data: capabilities } = useQuery(capabilitiesQuery())
  const start = useStart()
  const field = useRef<HTMLTextAreaElement>(null)

  const write = (value: string) => {
    setTyped(value)
    draft.keep(value)
  }
  const begin = (chosen: string | undefined) => {
    const prompt = text.trim()
    const demo = isDemo(chosen ?? models?.default)
    const template = templateFor(demo, capabilities?.templates ?? [])
    setChoosing(false)
    start.mutate(
      {
        template,
        name: demo ? 'Plot 14' : nameFrom(prompt),
        task: prompt ? { prompt, mode, model: chosen } : undefined,
      },
      { onSuccess: () => draft.keep('') },
    )
  }
  const send = () => {
    if (start.isPending) return
    if (!text.trim()) {
      field.current?.focus()
      return
    }
    if (model === undefined && isDemo(models?.default)) setChoosing(true)
    else begin(model)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <section aria-labelledby="question">
      <h1 id="question">What do you want to make?</h1>
      <div className="composer">
        <textarea
          ref={field}
          className="composer__text"
          aria-labelledby="question"
          placeholder="A seed-swap board for our street, with photos and a waiting list"
          // biome-ignore lint/a11y/noAutofocus: the page is one question
          autoFocus
          data-region-start
          rows={2}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className="composer__bar">
          <ModeMenu value={mode} onChange={setMode} />
          <ModelPicker asks value={model} onChange={setModel} />
          <span className="push row">
            {start.isPending ? (
              <span className="row muted small" role="status">
                <span className="spin" aria-hidden />
                Making your project
              </span>
            ) : (
              <span className="faint small hide-narrow">Your idea is kept, whatever you choose next</span>
            )}
            <IconButton look="send" label="Start" keys="Enter" onClick={send}>
              <ArrowUp className="i" aria-hidden />
            </IconButton>
          </span>
        </div>
      </div>
      {start.isError && (
        <p className="home__error error" role="alert">
          {inWords(start.error)} Your idea is kept.
        </p>
      )}
      <ModelLine models={models} onDemo={() => begin(models?.items.find((each) => each.demo)?.id)} />
      <ChooseAgent
        open={choosing}
        models={models}
        onClose={() => setChoosing(false)}
        onChoose={(id) => {
          setModel(id)
          begin(id)
        }}
      />
    </section>
  )
}
