//! A task's story: its events folded into what the transcript shows. The same for a live task and for a replay.
import type { Check, TaskError, TaskEvent, TaskStatus, Tokens, WaitingFor } from '../../server/types'

export interface ToolLine {
  readonly kind: 'tool'
  readonly callId: string
  readonly tool: string
  readonly summary: string
  readonly input: unknown
  /** Absent while it runs. */
  readonly outcome:
    | { readonly ok: boolean; readonly summary: string; readonly output: string; readonly ms: number }
    | undefined
}

export type Entry =
  | { readonly kind: 'text'; readonly step: number; readonly text: string }
  | { readonly kind: 'thinking'; readonly step: number; readonly text: string }
  | ToolLine
  | { readonly kind: 'note'; readonly tone: 'plain' | 'warn'; readonly text: string }

/** What a person decided, in the order it was decided. */
export interface Decision {
  readonly kind: 'kept' | 'undone' | 'taken_back'
  readonly at: number
  readonly hunks: number
  readonly written: readonly string[]
  readonly comment: string | undefined
}

export type Phase =
  | { readonly kind: 'queued' }
  | { readonly kind: 'working'; readonly step: number }
  | { readonly kind: 'retrying'; readonly message: string; readonly until: number }
  | { readonly kind: 'waiting'; readonly waitingFor: WaitingFor; readonly message: string }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'ended'; readonly status: TaskStatus; readonly error: TaskError | undefined }

/** A file that the model changes in its plain answer, as far as it has come. */
export interface Writing {
  readonly path: string
  readonly added: number
  readonly removed: number
  readonly open: boolean
}

export interface Story {
  /** The last event that was folded in. */
  readonly seq: number
  readonly attempt: number
  readonly phase: Phase
  readonly model: string | undefined
  readonly entries: readonly Entry[]
  /** The entries that another attempt would go on from. */
  readonly kept: readonly Entry[]
  /** The step at which the worker was lost, until the task waits for something else. */
  readonly lostAt: number | undefined
  /** Empty once the answer is over: then its changes speak for themselves. */
  readonly writing: readonly Writing[]
  readonly checks: readonly Check[]
  readonly decisions: readonly Decision[]
  readonly tokens: Tokens | undefined
  readonly costUsd: number | undefined
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

export const emptyStory: Story = {
  seq: 0,
  attempt: 0,
  phase: { kind: 'queued' },
  model: undefined,
  entries: [],
  kept: [],
  lostAt: undefined,
  writing: [],
  checks: [],
  decisions: [],
  tokens: undefined,
  costUsd: undefined,
  startedAt: undefined,
  endedAt: undefined,
}

/** Folds one event in. An event that was seen before changes nothing, so a resumed stream may overlap. */
export function tell(story: Story, event: TaskEvent): Story {
  if (event.seq <= story.seq) return story
  const next = { ...story, seq: event.seq, attempt: Math.max(story.attempt, event.attempt) }
  switch (event.type) {
    case 'queued':
    case 'edited':
      return next
    case 'started': {
      const again = story.startedAt !== undefined
      return {
        ...next,
        phase: { kind: 'working', step: 1 },
        model: event.model,
        startedAt: story.startedAt ?? event.at,
        // Nothing of it stands any more, unless the next event says that it goes on.
        entries: again && story.entries.length > 0 ? [startedAgain(story)] : story.entries,
        writing: [],
        checks: again ? [] : story.checks,
      }
    }
    case 'saved':
      return { ...next, kept: story.entries }
    case 'resumed':
      return {
        ...next,
        phase: { kind: 'working', step: Math.max(1, event.step) },
        entries: [...story.kept, wentOn(story)],
      }
    case 'step':
      return { ...next, phase: { kind: 'working', step: event.step }, writing: [] }
    case 'text':
    case 'thinking':
      return { ...next, phase: working(story), entries: grown(story, event.type, event.text) }
    case 'writing': {
      const { path, addedLines: added, removedLines: removed, open } = event
      return { ...next, writing: written(story.writing, { path, added, removed, open }) }
    }
    case 'tool_called': {
      const line: ToolLine = {
        kind: 'tool',
        callId: event.callId,
        tool: event.tool,
        summary: event.summary,
        input: event.input,
        outcome: undefined,
      }
      return { ...next, phase: working(story), entries: [...story.entries, line], writing: [] }
    }
    case 'tool_finished':
      return {
        ...next,
        entries: story.entries.map((entry) =>
          entry.kind === 'tool' && entry.callId === event.callId && !entry.outcome
            ? {
                ...entry,
                outcome: { ok: event.ok, summary: event.summary, output: event.output, ms: event.durationMs },
              }
            : entry,
        ),
      }
    case 'secrets_kept':
      return {
        ...next,
        entries: [...story.entries, { kind: 'note', tone: 'plain', text: secretsKept(event.kinds) }],
      }
    case 'usage':
      return { ...next, tokens: event.tokens, costUsd: event.costUsd ?? undefined }
    case 'check_finished':
      return {
        ...next,
        checks: [...story.checks.filter((check) => check.name !== event.check.name), event.check],
      }
    case 'waiting':
      return {
        ...next,
        phase: { kind: 'waiting', waitingFor: event.waitingFor, message: event.message },
        lostAt: undefined,
      }
    case 'retrying':
      return {
        ...next,
        phase: { kind: 'retrying', message: event.message, until: event.at + event.afterMs },
        lostAt: undefined,
        writing: [],
      }
    case 'interrupted':
      return {
        ...next,
        entries: [
          ...story.entries,
          { kind: 'note', tone: 'warn', text: `${interrupted(event.step)}. It goes on by itself.` },
        ],
        lostAt: event.step,
      }
    case 'cancel_requested':
      return { ...next, phase: { kind: 'stopping' } }
    case 'finished':
      return {
        ...next,
        phase: { kind: 'ended', status: event.status, error: event.error ?? undefined },
        entries: story.entries.map(settled),
        writing: [],
        endedAt: event.at,
      }
    case 'accepted':
      return decided(next, {
        kind: 'kept',
        at: event.at,
        hunks: event.hunks.length,
        written: event.written,
        comment: undefined,
      })
    case 'rejected':
      return decided(next, {
        kind: 'undone',
        at: event.at,
        hunks: event.hunks.length,
        written: [],
        comment: event.comment ?? undefined,
      })
    case 'undone':
      return decided(next, {
        kind: 'taken_back',
        at: event.at,
        hunks: 0,
        written: event.written,
        comment: undefined,
      })
    default:
      // A newer server may tell more than this page knows; what it does not know it passes over.
      return next
  }
}

function interrupted(step: number): string {
  return step > 0 ? `Interrupted at step ${step}` : 'Interrupted'
}

function startedAgain(story: Story): Entry {
  const why = story.lostAt === undefined ? '' : `${interrupted(story.lostAt)}. `
  return { kind: 'note', tone: 'plain', text: `${why}Started again from the beginning.` }
}

function wentOn(story: Story): Entry {
  const text =
    story.lostAt === undefined ? 'Went on where it stopped.' : `${interrupted(story.lostAt)}, went on.`
  return { kind: 'note', tone: 'plain', text }
}

function working(story: Story): Phase {
  if (story.phase.kind === 'stopping' || story.phase.kind === 'ended') return story.phase
  return { kind: 'working', step: stepOf(story) }
}

function stepOf(story: Story): number {
  return story.phase.kind === 'working' ? story.phase.step : 1
}

function grown(story: Story, kind: 'text' | 'thinking', text: string): readonly Entry[] {
  const step = stepOf(story)
  const last = story.entries.at(-1)
  if (last?.kind === kind && last.step === step) {
    return [...story.entries.slice(0, -1), { kind, step, text: last.text + text }]
  }
  return [...story.entries, { kind, step, text }]
}

/** The newest of a file counts, in the place where it was named first. */
function written(files: readonly Writing[], file: Writing): readonly Writing[] {
  const known = files.some((each) => each.path === file.path)
  return known ? files.map((each) => (each.path === file.path ? file : each)) : [...files, file]
}

/** A tool that was running when the task ended did not finish. */
function settled(entry: Entry): Entry {
  if (entry.kind !== 'tool' || entry.outcome) return entry
  return { ...entry, outcome: { ok: false, summary: 'stopped', output: '', ms: 0 } }
}

function decided(story: Story, decision: Decision): Story {
  return { ...story, decisions: [...story.decisions, decision] }
}

/** Entries with runs of finished tools gathered, so that a transcript stays short. */
export type Group =
  | { readonly kind: 'entry'; readonly entry: Exclude<Entry, ToolLine> }
  | { readonly kind: 'tools'; readonly tools: readonly ToolLine[] }

export function grouped(entries: readonly Entry[]): Group[] {
  const groups: Group[] = []
  for (const entry of entries) {
    if (entry.kind !== 'tool') {
      groups.push({ kind: 'entry', entry })
      continue
    }
    const last = groups.at(-1)
    if (last?.kind === 'tools') groups[groups.length - 1] = { kind: 'tools', tools: [...last.tools, entry] }
    else groups.push({ kind: 'tools', tools: [entry] })
  }
  return groups
}

/** "Read 4 files, edited 2, searched 1": what a run of tools did, in one line. */
export function toolsInWords(tools: readonly ToolLine[]): string {
  const counts = new Map<string, number>()
  for (const tool of tools) {
    const verb = verbOf(tool.tool)
    counts.set(verb.past, (counts.get(verb.past) ?? 0) + 1)
  }
  const parts = [...counts].map(([past, count], index) => {
    const noun = index === 0 ? ` ${count === 1 ? nounOf(past)[0] : nounOf(past)[1]}` : ''
    return `${past} ${count}${noun}`
  })
  const line = parts.join(', ')
  return line.slice(0, 1).toUpperCase() + line.slice(1)
}

function nounOf(past: string): readonly [string, string] {
  return past === 'searched' || past === 'ran' ? ['time', 'times'] : ['file', 'files']
}

/** A tool's name as a verb: now, past, and the kind of icon that it gets. */
export function verbOf(tool: string): {
  readonly now: string
  readonly past: string
  readonly icon: 'read' | 'edit' | 'create' | 'search' | 'list' | 'delete' | 'run'
} {
  const name = tool.toLowerCase()
  if (/delete|remove/.test(name)) return { now: 'Delete', past: 'deleted', icon: 'delete' }
  if (/rename|move/.test(name)) return { now: 'Move', past: 'moved', icon: 'edit' }
  if (/create|write|new/.test(name)) return { now: 'Write', past: 'wrote', icon: 'create' }
  if (/edit|patch|replace|apply/.test(name)) return { now: 'Edit', past: 'edited', icon: 'edit' }
  if (/search|grep|find/.test(name)) return { now: 'Search', past: 'searched', icon: 'search' }
  if (/list|glob|tree/.test(name)) return { now: 'List', past: 'listed', icon: 'list' }
  if (/read|open|view/.test(name)) return { now: 'Read', past: 'read', icon: 'read' }
  return { now: 'Run', past: 'ran', icon: 'run' }
}

/** "Kept 2 secrets from the model: github token, password in address". */
function secretsKept(kinds: readonly string[]): string {
  const names = [...new Set(kinds)].map((kind) => kind.replaceAll('-', ' '))
  const count = kinds.length === 1 ? 'a secret' : `${kinds.length} secrets`
  return `Kept ${count} from the model: ${names.join(', ')}.`
}
