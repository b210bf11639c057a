// What an idea begins on.
import type { Capabilities, Models } from '../../server/types'
import { SAMPLE } from './sample'

export function isDemo(model: string | undefined): boolean {
  return model?.startsWith('demo/') ?? true
}

/** The demo knows its way around the sample; a model gets a small app to grow. */
export function templateFor(demo: boolean, templates: Capabilities['templates']): string {
  const has = (id: string) => templates.some((template) => template.id === id)
  if (demo && has(SAMPLE)) return SAMPLE
  if (has('app')) return 'app'
  return templates.at(-1)?.id ?? SAMPLE
}

export type Readiness =
  /** Nobody but the demo can be asked. */
  | { is: 'none' }
  /** Models are there, and none is chosen. */
  | { is: 'choose'; first: string; others: number }
  | { is: 'ready' }

export function readiness(models: Models): Readiness {
  const real = models.items.filter((model) => model.available && !model.demo)
  const [first] = real
  if (!first) return { is: 'none' }
  return isDemo(models.default)
    ? { is: 'choose', first: first.name, others: real.length - 1 }
    : { is: 'ready' }
}

/** Programs on this computer that answer, by their names. */
export function foundHere(models: Models): string[] {
  const local = new Set(
    models.items.filter((model) => model.local && !model.demo).map((model) => model.provider),
  )
  return models.providers
    .filter(
      (provider) =>
        provider.status === 'connected' && (local.has(provider.id) || LOCAL.includes(provider.id)),
    )
    .map((provider) => provider.name)
}

const LOCAL = ['ollama', 'lmstudio']
