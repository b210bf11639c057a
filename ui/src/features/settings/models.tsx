// Keys and models: who can be asked, where requests go, and what a task asks when it names nobody.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronsUpDown, RefreshCw, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../kit/button'
import { ProblemCard, Skeleton } from '../../kit/feedback'
import { toast } from '../../kit/toast'
import { api, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords } from '../../server/problem'
import { capabilitiesQuery, modelsQuery } from '../../server/queries'
import { useSettings } from '../../server/settings'
import type { Models, ProviderInfo } from '../../server/types'
import { ModelIcon, ModelPicker } from '../../shell/model-picker'
import { KeyDialog } from './key-dialog'
import { Provider } from './provider'
import { grouped } from './providers'

export function ModelsSection() {
  const client = useQueryClient()
  const models = useQuery(modelsQuery())
  const [entering, setEntering] = useState<ProviderInfo>()
  const look = useMutation({
    mutationFn: () => take(api.POST('/api/models/refresh')),
    onSuccess: (found) => client.setQueryData(keys.models(), found),
    onError: (error) => toast(inWords(error)),
  })
  return (
    <div className="set__two">
      <div>
        <div className="row">
          <h1>Keys and models</h1>
          <span className="push" />
          <Button
            unavailable={look.isPending ? 'Looking for models' : undefined}
            onClick={() => look.mutate()}
          >
            {look.isPending ? (
              <span className="spin" aria-hidden />
            ) : (
              <RefreshCw className="i i--s" aria-hidden />
            )}
            {look.isPending ? 'Looking' : 'Look again'}
          </Button>
        </div>
        <p className="muted set__lead">
          A prompt goes only to the model you picked. A key is tried before it is used, and never shown again.
        </p>
        {models.isPending && <Skeleton lines={6} />}
        {models.isError && (
          <ProblemCard
            title="The models could not be listed"
            action={<Button onClick={() => void models.refetch()}>Try again</Button>}
          >
            {inWords(models.error)}
          </ProblemCard>
        )}
        {models.data && <Providers models={models.data} onKey={setEntering} />}
      </div>
      <aside>
        {models.data && <DefaultModel models={models.data} />}
        <WhereKeysLive />
      </aside>
      <KeyDialog provider={entering} onClose={() => setEntering(undefined)} />
    </div>
  )
}

function Providers({ models, onKey }: { models: Models; onKey: (provider: ProviderInfo) => void }) {
  const { here, cloud, demo } = grouped(models)
  return (
    <>
      {here.length > 0 && (
        <section>
          <h2>
            On this computer <span>nothing leaves it, nothing costs</span>
          </h2>
          {here.map((provider) => (
            <div key={provider.id} className="card set__card">
              <Provider provider={provider} models={models} onKey={onKey} open />
            </div>
          ))}
        </section>
      )}
      <section>
        <h2>
          Cloud providers <span>your key, their price</span>
        </h2>
        <div className="card set__card">
          {[...cloud, ...demo].map((provider) => (
            <Provider key={provider.id} provider={provider} models={models} onKey={onKey} />
          ))}
        </div>
      </section>
    </>
  )
}

function DefaultModel({ models }: { models: Models }) {
  const { settings, change } = useSettings()
  const client = useQueryClient()
  const chosen = models.items.find((model) => model.id === models.default)
  const choose = (model: string | null) => {
    change((now) => ({ ...now, model }))
    client.setQueryData<Models>(keys.models(), (now) => (now && model ? { ...now, default: model } : now))
  }
  return (
    <div className="side-card">
      <b>Use for new tasks</b>
      <ModelPicker
        value={models.default}
        onChange={choose}
        trigger={
          <button
            type="button"
            className="select set__select"
            aria-label={`Model for new tasks: ${chosen?.name ?? models.default}`}
          >
            {chosen && <ModelIcon model={chosen} />}
            <span className="clip">{chosen?.name ?? models.default}</span>
            <ChevronsUpDown className="i i--s" aria-hidden />
          </button>
        }
      />
      <p className="small muted">
        {settings?.model || !chosen?.demo
          ? 'A project or a single prompt can ask another one.'
          : 'Nobody is chosen yet: a provider is not asked until you say so.'}
      </p>
    </div>
  )
}

function WhereKeysLive() {
  const { data } = useQuery(capabilitiesQuery())
  if (!data) return null
  return (
    <div className="side-card side-card--note small muted">
      <span className="row">
        <ShieldCheck className="i i--s" aria-hidden />
        Where keys live
      </span>
      <p>
        {data.keychain
          ? 'In the system’s keychain, unlocked with your login. Not in files, logs or prompts.'
          : 'In memory, until Tidemark stops; this computer has no keychain that it could use. A key in the environment is read at each start. Never in files, logs or prompts.'}
      </p>
    </div>
  )
}
