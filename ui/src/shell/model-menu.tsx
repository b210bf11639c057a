// Who is asked: a pill that opens the list of models, those of this computer first.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChevronDown, Clapperboard, Cloud, HardDrive, KeyRound, Plug } from 'lucide-react'
import { Menu, type MenuGroup, type MenuItem } from '../kit/menu'
import { dollars } from '../lib/words'
import { modelsQuery } from '../server/queries'
import type { ModelInfo, Models } from '../server/types'

type ModelMenuProps = {
  /** The model that is chosen here; nothing when the default decides. */
  value: string | undefined
  onChange: (model: string) => void
}

export function ModelMenu({ value, onChange }: ModelMenuProps) {
  const { data } = useQuery(modelsQuery())
  const navigate = useNavigate()
  const chosen = data?.items.find((model) => model.id === (value ?? data.default))
  const unsure = !value && (!chosen || chosen.demo)
  const settings: MenuGroup = {
    items: [
      {
        id: 'settings',
        label: 'Keys and models',
        icon: <KeyRound className="i i--s" aria-hidden />,
        onSelect: () => void navigate({ to: '/settings/$section', params: { section: 'models' } }),
      },
    ],
  }
  return (
    <Menu
      trigger={
        <button type="button" className="pill" aria-label={`Model: ${unsure ? 'not chosen' : chosen?.name}`}>
          {unsure || !chosen ? <Plug className="i" aria-hidden /> : <ModelIcon model={chosen} />}
          <span className="clip">{unsure ? 'Choose AI' : (chosen?.name ?? value)}</span>
          <ChevronDown className="i" aria-hidden />
        </button>
      }
      groups={[...modelGroups(data, value ?? (unsure ? undefined : chosen?.id), onChange), settings]}
    />
  )
}

export function ModelIcon({ model }: { model: Pick<ModelInfo, 'demo' | 'local'> }) {
  if (model.demo) return <Clapperboard className="i i--s" aria-hidden />
  return model.local ? <HardDrive className="i i--s" aria-hidden /> : <Cloud className="i i--s" aria-hidden />
}

/** The models as a menu shows them. One that can't be asked says why. */
export function modelGroups(
  models: Models | undefined,
  chosen: string | undefined,
  onChange: (model: string) => void,
): MenuGroup[] {
  const item = (model: ModelInfo): MenuItem => ({
    id: model.id,
    label: model.name,
    detail: modelDetail(model),
    icon: <ModelIcon model={model} />,
    checked: model.id === chosen,
    unavailable: model.available ? undefined : (model.reason ?? 'It is not connected.'),
    onSelect: () => onChange(model.id),
  })
  const all = models?.items ?? []
  const groups: MenuGroup[] = [
    { label: 'On this computer', items: all.filter((model) => model.local && !model.demo).map(item) },
    { label: 'Cloud', items: all.filter((model) => !model.local && !model.demo).map(item) },
    { label: 'Built in', items: all.filter((model) => model.demo).map(item) },
  ]
  return groups.filter((group) => group.items.length > 0)
}

export function modelDetail(model: ModelInfo): string {
  if (model.demo) return 'scripted, no model'
  if (model.local) return '$0'
  return model.price ? `${dollars(model.price.input)} / ${dollars(model.price.output)}` : ''
}
