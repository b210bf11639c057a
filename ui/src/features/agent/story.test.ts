import { expect, test } from 'vitest'
import type { TaskEvent } from '../../server/types'
import { emptyStory, grouped, type ToolLine, tell, toolsInWords } from './story'

const base = { at: 1_000, attempt: 1 }
const events: TaskEvent[] = [
  { ...base, seq: 1, type: 'queued' },
  { ...base, seq: 2, type: 'started', worker: 'w', model: 'demo/guide' },
  { ...base, seq: 3, type: 'step', step: 1 },
  { ...base, seq: 4, type: 'text', text: 'I will ' },
  { ...base, seq: 5, type: 'text', text: 'look.' },
  {
    ...base,
    seq: 6,
    type: 'tool_called',
    callId: 'c1',
    tool: 'read_file',
    summary: 'src/App.tsx',
    input: {},
  },
  {
    ...base,
    seq: 7,
    type: 'tool_finished',
    callId: 'c1',
    ok: true,
    summary: '20 lines',
    output: '…',
    durationMs: 12,
  },
  { ...base, seq: 8, type: 'step', step: 2 },
  { ...base, seq: 9, type: 'text', text: 'Done.' },
  { ...base, seq: 10, type: 'finished', status: 'done', error: null },
]
const told = (list: readonly TaskEvent[]) => list.reduce(tell, emptyStory)

test('deltas of one step join, steps stand apart', () => {
  expect(told(events).entries.map((entry) => (entry.kind === 'text' ? entry.text : entry.kind))).toEqual([
    'I will look.',
    'tool',
    'Done.',
  ])
})

test('a resumed stream that overlaps changes nothing', () => {
  expect(told([...events.slice(0, 6), ...events.slice(3)])).toEqual(told(events))
})

test('the end says how it ended, and a tool that still ran was stopped', () => {
  const cut = told([
    ...events.slice(0, 6),
    { ...base, seq: 7, type: 'finished', status: 'cancelled', error: null },
  ])
  expect(cut.phase).toEqual({ kind: 'ended', status: 'cancelled', error: undefined })
  expect(cut.entries.at(-1)).toMatchObject({ kind: 'tool', outcome: { ok: false, summary: 'stopped' } })
})

const second = { at: 2_000, attempt: 2 }
const started: TaskEvent = { ...second, seq: 20, type: 'started', worker: 'v', model: 'demo/guide' }
const inWords = (list: readonly TaskEvent[]) =>
  told(list).entries.map((entry) => (entry.kind === 'tool' ? entry.callId : entry.text))

test('an attempt that starts from the beginning starts its text over, and says why', () => {
  const again: TaskEvent[] = [
    ...events.slice(0, 5),
    { ...base, seq: 6, type: 'interrupted', step: 1 },
    started,
    { ...second, seq: 21, type: 'text', text: 'Anew.' },
  ]
  expect(inWords(again.slice(0, 6))).toEqual(['I will look.', 'Interrupted at step 1. It goes on by itself.'])
  expect(inWords(again)).toEqual(['Interrupted at step 1. Started again from the beginning.', 'Anew.'])
  expect(told(again).attempt).toBe(2)
})

test('an attempt that goes on keeps what was saved, and what was cut off goes away', () => {
  const again: TaskEvent[] = [
    ...events.slice(0, 7),
    { ...base, seq: 8, type: 'saved', step: 1, progress: 'a1' },
    { ...base, seq: 9, type: 'step', step: 2 },
    { ...base, seq: 10, type: 'text', text: 'Half a sen' },
    { ...base, seq: 11, type: 'interrupted', step: 2 },
    started,
    { ...second, seq: 21, type: 'resumed', step: 1 },
    { ...second, seq: 22, type: 'step', step: 2 },
    { ...second, seq: 23, type: 'text', text: 'Done.' },
  ]
  expect(inWords(again)).toEqual(['I will look.', 'c1', 'Interrupted at step 2, went on.', 'Done.'])
  expect(told(again).entries[1]).toMatchObject({ outcome: { ok: true } })
})

test('a call that was cut off is shown once, when it is made again', () => {
  const again: TaskEvent[] = [
    ...events.slice(0, 5),
    { ...base, seq: 6, type: 'saved', step: 1, progress: 'a1' },
    { ...base, seq: 7, type: 'tool_called', callId: 'c1', tool: 'edit_file', summary: 'a', input: {} },
    { ...base, seq: 8, type: 'interrupted', step: 1 },
    started,
    { ...second, seq: 21, type: 'resumed', step: 1 },
    { ...second, seq: 22, type: 'tool_called', callId: 'c1', tool: 'edit_file', summary: 'a', input: {} },
  ]
  expect(inWords(again)).toEqual(['I will look.', 'Interrupted at step 1, went on.', 'c1'])
})

test('a task that waited goes on without a word of interruption', () => {
  const waits = { type: 'waiting', waitingFor: 'network', message: 'No way to it.' } as const
  const again: TaskEvent[] = [
    ...events.slice(0, 7),
    { ...base, seq: 8, type: 'saved', step: 1, progress: 'a1' },
    { ...base, seq: 9, ...waits },
    started,
    { ...second, seq: 21, type: 'resumed', step: 1 },
  ]
  expect(inWords(again)).toEqual(['I will look.', 'c1', 'Went on where it stopped.'])
  // One that waited before anything was said has nothing to tell.
  expect(inWords([...events.slice(0, 3), { ...base, seq: 4, ...waits }, started])).toEqual([])
})

test('files that a plain answer changes are told by their newest counts, until the answer is over', () => {
  const writing = (seq: number, path: string, addedLines: number, open: boolean): TaskEvent => ({
    ...base,
    seq,
    type: 'writing',
    path,
    addedLines,
    removedLines: 1,
    open,
  })
  const arriving = [...events.slice(0, 5), writing(6, 'a.ts', 1, true), writing(7, 'b.ts', 0, true)]
  const later = told([...arriving, writing(8, 'a.ts', 3, false)])
  expect(later.writing).toEqual([
    { path: 'a.ts', added: 3, removed: 1, open: false },
    { path: 'b.ts', added: 0, removed: 1, open: true },
  ])
  expect(tell(later, { ...base, seq: 9, type: 'step', step: 2 }).writing).toEqual([])
  expect(tell(later, { ...base, seq: 9, type: 'finished', status: 'done', error: null }).writing).toEqual([])
})

test('stopping stays stopping while the last words arrive', () => {
  const story = told([
    ...events.slice(0, 5),
    { ...base, seq: 6, type: 'cancel_requested' },
    { ...base, seq: 7, type: 'text', text: '…' },
  ])
  expect(story.phase.kind).toBe('stopping')
})

test('decisions are kept in their order', () => {
  const story = told([
    ...events,
    { ...base, seq: 11, type: 'accepted', hunks: ['a'], written: ['src/App.tsx'] },
    { ...base, seq: 12, type: 'rejected', hunks: ['b'], comment: 'no' },
    { ...base, seq: 13, type: 'undone', written: ['src/App.tsx'] },
  ])
  expect(story.decisions.map((decision) => decision.kind)).toEqual(['kept', 'undone', 'taken_back'])
})

test('a run of tools is one line in words', () => {
  const tool = (name: string): ToolLine => ({
    kind: 'tool',
    callId: name,
    tool: name,
    summary: '',
    input: {},
    outcome: undefined,
  })
  expect(toolsInWords([tool('read_file'), tool('read_file'), tool('edit_file'), tool('search')])).toBe(
    'Read 2 files, edited 1, searched 1',
  )
  expect(grouped(told(events).entries).map((group) => group.kind)).toEqual(['entry', 'tools', 'entry'])
})

test('secrets that stayed here are named by their kinds, once each', () => {
  const kept = (kinds: string[]) =>
    told([...events.slice(0, 3), { ...base, seq: 4, type: 'secrets_kept', kinds }])
  expect(kept(['github-token']).entries.at(-1)).toEqual({
    kind: 'note',
    tone: 'plain',
    text: 'Kept a secret from the model: github token.',
  })
  expect(kept(['known-value', 'jwt', 'known-value']).entries.at(-1)).toMatchObject({
    text: 'Kept 3 secrets from the model: known value, jwt.',
  })
})
