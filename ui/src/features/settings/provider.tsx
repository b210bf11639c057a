// One provider: how it stands, where it answers, its key, its models.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  Check,
  ChevronDown,
  ChevronRight,
  Clapperboard,
  Cloud,
  HardDrive,
  KeyRound,
  Trash2,
} from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { Badge } from '../../kit/feedback'
import { toast } from '../../kit/toast'
import { count, dollars, tokens } from '../../lib/words'
import { api, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords } from '../../server/problem'
import { useSettings } from '../../server/settings'
import type { ModelInfo, Models, ProviderInfo } from '../../server/types'
import { detailOf, isHere, modelsOf, noteOf, statusOf } from './providers'

type ProviderProps = {
  provider: ProviderInfo
  models: Models
  onKey: (provider: ProviderInfo) => void
  /** Its models are shown from the start. */
  open?: boolean
}

export function Provider({ provider, models, onKey, open = false }: ProviderProps) {
  const [shown, setShown] = useState(open)
  const own = modelsOf(models, provider)
  const status = statusOf(provider, own.length)
  const listed = own.length > 0 && provider.id !== 'demo'
  return (
    <>
      <div className="pv">
        <span className={`pv__ic ${provider.id === 'demo' ? 'ai' : ''}`}>
          <ProviderIcon provider={provider} />
        </span>
        <span className="pv__name clip">
          <b>{provider.name}</b> <span className="muted">{detailOf(provider)}</span>
        </span>
        <span
          className={`small clip grow ${status.look === 'error' ? 'error' : 'muted'}`}
          title={provider.message ?? undefined}
        >
          {noteOf(provider)}
        </span>
        <Badge {...(status.look ? { look: status.look } : {})}>
          {status.look === 'ok' && <Check className="i" aria-hidden />}
          {status.word}
        </Badge>
        {provider.needsKey && <KeyActions provider={provider} onKey={onKey} />}
        {listed && (
          <Button size="sm" look="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {count(own.length, 'model')}
            {shown ? (
              <ChevronDown className="i i--xs" aria-hidden />
            ) : (
              <ChevronRight className="i i--xs" aria-hidden />
            )}
          </Button>
        )}
      </div>
      {listed && shown && <ModelTable items={own} chosen={models.default} local={isHere(provider)} />}
    </>
  )
}

function ProviderIcon({ provider }: { provider: ProviderInfo }) {
  if (provider.id === 'demo') return <Clapperboard className="i i--s" aria-hidden />
  return isHere(provider) ? (
    <HardDrive className="i i--s" aria-hidden />
  ) : (
    <Cloud className="i i--s" aria-hidden />
  )
}

function KeyActions({
  provider,
  onKey,
}: {
  provider: ProviderInfo
  onKey: (provider: ProviderInfo) => void
}) {
  const client = useQueryClient()
  const forget = useMutation({
    mutationFn: () =>
      take(api.DELETE('/api/models/providers/{id}/key', { params: { path: { id: provider.id } } })),
    onSuccess: (models) => {
      client.setQueryData(keys.models(), models)
      toast(`The key for ${provider.name} is forgotten.`)
    },
    onError: (error) => toast(inWords(error)),
  })
  const ours = provider.keySource === 'session' || provider.keySource === 'keychain'
  return (
    <>
      <Button size="sm" onClick={() => onKey(provider)}>
        <KeyRound className="i i--s" aria-hidden />
        {provider.keySource ? 'New key' : 'Enter key'}
      </Button>
      {ours && (
        <IconButton label={`Forget the key for ${provider.name}`} onClick={() => forget.mutate()}>
          <Trash2 className="i i--s" aria-hidden />
        </IconButton>
      )}
    </>
  )
}

function ModelTable({ items, chosen, local }: { items: ModelInfo[]; chosen: string; local: boolean }) {
  const { change } = useSettings()
  const client = useQueryClient()
  const choose = (model: string) => {
    change((now) => ({ ...now, model }))
    client.setQueryData<Models>(keys.models(), (now) => (now ? { ...now, default: model } : now))
  }
  return (
    <div className="mds">
      <div className="md md__h">
        <span>Model</span>
        <span>Context</span>
        <span>{local ? 'Cost' : 'In, out per 1M tokens'}</span>
        <span />
      </div>
      {items.map((model) => (
        <div key={model.id} className="md">
          <span className="clip" title={model.id}>
            {model.name}
          </span>
          <span className="muted">{model.contextTokens ? tokens(model.contextTokens) : 'not told'}</span>
          <span className="muted clip" title={model.reason ?? undefined}>
            {costOf(model)}
          </span>
          {model.id === chosen ? (
            <Badge look="accent">For new tasks</Badge>
          ) : (
            <Button
              size="sm"
              look="quiet"
              unavailable={model.available ? undefined : (model.reason ?? 'It is not available.')}
              onClick={() => choose(model.id)}
            >
              Use
            </Button>
          )}
        </div>
      ))}
    </div>
  )
}

function costOf(model: ModelInfo): string {
  if (!model.available && model.reason) return model.reason
  if (model.local) return '$0'
  return model.price ? `${dollars(model.price.input)}, ${dollars(model.price.output)}` : 'price not known'
}
