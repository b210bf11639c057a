// Which panes are open, as plain data; presets are four of the many ways.

export type Panes = {
  side: boolean
  editor: boolean
  preview: boolean
  agent: boolean
}

export type Preset = 'build' | 'code' | 'review' | 'focus'

export const PRESETS: Readonly<Record<Exclude<Preset, 'review'>, Panes>> = {
  build: { side: false, editor: false, preview: true, agent: true },
  code: { side: true, editor: true, preview: true, agent: true },
  focus: { side: false, editor: true, preview: false, agent: false },
}

export function presetOf(panes: Panes): Preset | undefined {
  const alike = (other: Panes) =>
    other.side === panes.side &&
    other.editor === panes.editor &&
    other.preview === panes.preview &&
    other.agent === panes.agent
  if (alike(PRESETS.build)) return 'build'
  if (alike(PRESETS.code)) return 'code'
  return alike(PRESETS.focus) ? 'focus' : undefined
}

/** Everything of the screen that is kept between launches. */
export type Kept = {
  panes: Panes
  sizes: Readonly<Record<string, Readonly<Record<string, number>>>>
  folders: readonly string[]
  tabs: unknown
  session: string | undefined
  draft: { text: string; mode: string; model: string | undefined } | undefined
  columns: 1 | 2
}

export function readKept(value: unknown): Kept {
  const kept = record(value)
  const panes = record(kept['panes'])
  const flag = (name: keyof Panes) => (typeof panes[name] === 'boolean' ? panes[name] : PRESETS.code[name])
  const draft = record(kept['draft'])
  const text = (part: unknown) => (typeof part === 'string' ? part : undefined)
  return {
    panes: { side: flag('side'), editor: flag('editor'), preview: flag('preview'), agent: flag('agent') },
    sizes: sizesOf(kept['sizes']),
    folders: Array.isArray(kept['folders']) ? kept['folders'].filter((path) => typeof path === 'string') : [],
    tabs: kept['tabs'],
    session: text(kept['session']),
    draft:
      kept['draft'] === undefined
        ? undefined
        : {
            text: text(draft['text']) ?? '',
            mode: text(draft['mode']) ?? 'patch',
            model: text(draft['model']),
          },
    columns: kept['columns'] === 2 ? 2 : 1,
  }
}

function sizesOf(value: unknown): Kept['sizes'] {
  return Object.fromEntries(
    Object.entries(record(value)).map(([group, sizes]) => [
      group,
      Object.fromEntries(
        Object.entries(record(sizes)).flatMap(([id, size]) => (typeof size === 'number' ? [[id, size]] : [])),
      ),
    ]),
  )
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
