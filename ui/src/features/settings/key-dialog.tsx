// Takes a key, has it tried, and says what the provider said. The key is held no longer than that.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { Button } from '../../kit/button'
import { TextField } from '../../kit/controls'
import { Dialog } from '../../kit/dialog'
import { toast } from '../../kit/toast'
import { api, take } from '../../server/client'
import { keys } from '../../server/keys'
import { inWords } from '../../server/problem'
import type { ProviderInfo } from '../../server/types'
import { keyTrouble } from './providers'

export function KeyDialog({
  provider,
  onClose,
}: {
  provider: ProviderInfo | undefined
  onClose: () => void
}) {
  const form = useId()
  const [trying, setTrying] = useState(false)
  return (
    <Dialog
      open={provider !== undefined}
      onClose={onClose}
      title={provider ? `Key for ${provider.name}` : ''}
      foot={
        <>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            unavailable={trying ? 'The key is being tried' : undefined}
          >
            {trying && <span className="spin" aria-hidden />}
            {trying ? 'Trying it' : 'Try it and use it'}
          </Button>
        </>
      }
    >
      {provider && (
        <KeyForm key={provider.id} id={form} provider={provider} onTrying={setTrying} onClose={onClose} />
      )}
    </Dialog>
  )
}

type KeyFormProps = {
  id: string
  provider: ProviderInfo
  onTrying: (trying: boolean) => void
  onClose: () => void
}

function KeyForm({ id, provider, onTrying, onClose }: KeyFormProps) {
  const client = useQueryClient()
  const [key, setKey] = useState('')
  const [trouble, setTrouble] = useState<string>()
  const save = useMutation({
    mutationFn: (key: string) =>
      take(
        api.PUT('/api/models/providers/{id}/key', { params: { path: { id: provider.id } }, body: { key } }),
      ),
    onMutate: () => onTrying(true),
    onSettled: () => onTrying(false),
    onSuccess: (models) => {
      client.setQueryData(keys.models(), models)
      const trouble = keyTrouble(models, provider.id)
      setTrouble(trouble)
      if (trouble) return
      toast(`${provider.name} works.`)
      onClose()
    },
    onError: (error) => setTrouble(inWords(error)),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const bare = key.trim()
    if (!bare) setTrouble('Paste the key first.')
    else if (!save.isPending) save.mutate(bare)
  }
  return (
    <form id={id} className="col" onSubmit={submit}>
      <TextField
        label="Key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={key}
        error={trouble}
        onChange={(event) => {
          setKey(event.target.value)
          setTrouble(undefined)
        }}
      />
      <p className="small muted">
        It is sent to <code>{provider.baseUrl ?? provider.name}</code> to be tried, and to nobody else.
      </p>
    </form>
  )
}
