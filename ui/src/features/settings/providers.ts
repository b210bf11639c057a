// How a provider stands, in a person's words.
import type { ModelInfo, Models, ProviderInfo } from '../../server/types'

export type ProviderGroup = { here: ProviderInfo[]; cloud: ProviderInfo[]; demo: ProviderInfo[] }

export function grouped(models: Models): ProviderGroup {
  const groups: ProviderGroup = { here: [], cloud: [], demo: [] }
  for (const provider of models.providers) {
    if (isDemoProvider(provider)) groups.demo.push(provider)
    else if (isHere(provider)) groups.here.push(provider)
    else groups.cloud.push(provider)
  }
  return groups
}

export function modelsOf(models: Models, provider: ProviderInfo): ModelInfo[] {
  return models.items.filter((model) => model.provider === provider.id)
}

function isDemoProvider(provider: ProviderInfo): boolean {
  return provider.id === 'demo'
}

/** Whether its requests stay on this computer. */
export function isHere(provider: Pick<ProviderInfo, 'baseUrl'>): boolean {
  const host = hostOf(provider.baseUrl)
  return host !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)
}

function hostOf(url: string | null | undefined): string | undefined {
  try {
    return url ? new URL(url).hostname : undefined
  } catch {
    return undefined
  }
}

export type Status = { look?: 'ok' | 'warn' | 'error'; word: string }

export function statusOf(provider: ProviderInfo, models: number): Status {
  switch (provider.status) {
    case 'connected':
      if (isDemoProvider(provider)) return { word: 'Built in' }
      return models > 0 ? { look: 'ok', word: 'Connected' } : { look: 'warn', word: 'No model' }
    case 'no_key':
      return { word: 'No key' }
    case 'bad_key':
      return { look: 'error', word: 'Key refused' }
    case 'unreachable':
      return isHere(provider) ? { word: 'Not running' } : { look: 'warn', word: 'Not reachable' }
    case 'unknown':
      return { word: 'Not asked yet' }
  }
}

/** Where its key is, or where it answers. */
export function detailOf(provider: ProviderInfo): string {
  if (isDemoProvider(provider)) return 'scripted, built in'
  switch (provider.keySource ?? null) {
    case 'environment':
      return 'key found in the environment'
    case 'keychain':
      return 'key in the keychain'
    case 'session':
      return 'key kept in memory'
    case null:
      return isHere(provider) ? `port ${new URL(provider.baseUrl ?? '').port || '80'}` : 'no key yet'
  }
}

/** What there is to say about it now; its own message is the tip. */
export function noteOf(provider: ProviderInfo): string {
  if (isDemoProvider(provider)) return 'no key, no network, always works'
  switch (provider.status) {
    case 'bad_key':
      return provider.message ?? 'It refused this key.'
    case 'unreachable':
      return isHere(provider)
        ? 'nothing answers there; start it, then look again'
        : (provider.message ?? 'It does not answer.')
    case 'connected':
    case 'no_key':
    case 'unknown':
      return provider.baseUrl ?? ''
  }
}

/** What to say after a key was tried; nothing when it works. */
export function keyTrouble(models: Models, id: string): string | undefined {
  const provider = models.providers.find((each) => each.id === id)
  switch (provider?.status) {
    case 'connected':
      return undefined
    case 'bad_key':
      return provider.message ?? `${provider.name} refused this key.`
    case 'unreachable':
    case 'no_key':
    case 'unknown':
      return `${provider.message ?? `${provider.name} could not be asked.`} The key is kept; it is tried again with your first prompt.`
    case undefined:
      return 'This provider is not there any more.'
  }
}
