// What an agent did with its tools: one line each, gathered when done, opening to what went in and what came out.
import {
  ChevronDown,
  ChevronRight,
  FilePlus,
  FileSearch,
  FolderTree,
  type LucideIcon,
  Pencil,
  Search,
  Terminal,
  Trash2,
} from 'lucide-react'
import { useState } from 'react'
import { type ToolLine, toolsInWords, verbOf } from './story'

const ICONS: Readonly<Record<ReturnType<typeof verbOf>['icon'], LucideIcon>> = {
  read: FileSearch,
  edit: Pencil,
  create: FilePlus,
  search: Search,
  list: FolderTree,
  delete: Trash2,
  run: Terminal,
}

/** Up to this many lines stand for themselves. */
const FEW = 2

export function ToolLines({ tools, live }: { tools: readonly ToolLine[]; live: boolean }) {
  const [open, setOpen] = useState(false)
  const failed = tools.filter((tool) => tool.outcome && !tool.outcome.ok).length
  if (live || tools.length <= FEW) return <List tools={tools} />
  const Arrow = open ? ChevronDown : ChevronRight
  const ms = tools.reduce((sum, tool) => sum + (tool.outcome?.ms ?? 0), 0)
  return (
    <div className="tools">
      <button type="button" className="tool" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Arrow className="i" aria-hidden />
        <span className="clip">{toolsInWords(tools)}</span>
        {failed > 0 && <span className="error">{failed} failed</span>}
        <span className="ms">{span(ms)}</span>
      </button>
      {open && <List tools={tools} />}
    </div>
  )
}

function List({ tools }: { tools: readonly ToolLine[] }) {
  return (
    <div className="tools">
      {tools.map((tool) => (
        <Line key={tool.callId} tool={tool} />
      ))}
    </div>
  )
}

function Line({ tool }: { tool: ToolLine }) {
  const [open, setOpen] = useState(false)
  const verb = verbOf(tool.tool)
  const Icon = ICONS[verb.icon]
  const state = tool.outcome ? (tool.outcome.ok ? 'done' : 'failed') : 'running'
  return (
    <div className="tool-box" data-state={state}>
      <button
        type="button"
        className="tool"
        data-state={state}
        aria-expanded={open}
        title={tool.outcome?.summary}
        onClick={() => setOpen(!open)}
      >
        {state === 'running' ? <span className="spin ai" aria-hidden /> : <Icon className="i" aria-hidden />}
        <span>{verb.now}</span>
        <span className="what">{tool.summary}</span>
        <span className={state === 'failed' ? 'ms error' : 'ms'}>
          {tool.outcome ? (state === 'failed' ? tool.outcome.summary : span(tool.outcome.ms)) : 'running'}
        </span>
      </button>
      {open && (
        <div className="tool__raw">
          <b>Asked</b>
          <pre>{JSON.stringify(tool.input, null, 2)}</pre>
          <b>Answered{tool.outcome ? `, ${tool.outcome.summary}` : ''}</b>
          <pre>{tool.outcome ? tool.outcome.output || 'Nothing.' : 'Not yet.'}</pre>
        </div>
      )}
    </div>
  )
}

/** A stretch of time, short: `21 ms`, `3.2 s`, `2 min 5 s`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
