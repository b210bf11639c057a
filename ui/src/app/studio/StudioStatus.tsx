// What the studio adds to the status bar.
import { CircleAlert, CircleCheck } from 'lucide-react'
import type { BufferInfo } from '../../features/editor/buffers'
import type { FileProblem } from '../../features/editor/problems'
import { count } from '../../lib/words'
import type { ModelInfo } from '../../server/types'
import { ModelIcon } from '../../shell/model-picker'

export function StatusCells({
  problems,
  onProblems,
}: {
  problems: readonly FileProblem[]
  onProblems: () => void
}) {
  return (
    <button type="button" className={`cell ${problems.length > 0 ? 'cell--error' : ''}`} onClick={onProblems}>
      {problems.length > 0 ? (
        <CircleAlert className="i" aria-hidden />
      ) : (
        <CircleCheck className="i" aria-hidden />
      )}
      {count(problems.length, 'problem')}
    </button>
  )
}

type StatusEndProps = {
  path: string | undefined
  info: BufferInfo | undefined
  cursor: { line: number; col: number }
  tabSize: number
  model: ModelInfo | undefined
  running: number
}

export function StatusEnd({ path, info, cursor, tabSize, model, running }: StatusEndProps) {
  return (
    <>
      {path !== undefined && info?.state === 'text' && (
        <>
          {info.dirty && <span className="cell cell--still">Not saved</span>}
          <span className="cell cell--still num">
            Ln {cursor.line}, Col {cursor.col}
          </span>
          <span className="cell cell--still">Spaces {tabSize}</span>
          {info.eol !== 'LF' && <span className="cell cell--still">{info.eol}</span>}
          <span className="cell cell--still">{languageName(path)}</span>
        </>
      )}
      {model && (
        <span className="cell cell--still" title={model.demo ? 'Scripted answers, no model' : undefined}>
          <ModelIcon model={model} />
          {model.name}
        </span>
      )}
      {running > 0 && (
        <span className="cell cell--still" role="status">
          <span className="spin ai" aria-hidden />
          {running} running
        </span>
      )}
    </>
  )
}

function languageName(path: string): string {
  const ending = path.slice(path.lastIndexOf('.') + 1)
  return ending === path || ending.length > 5 ? 'Text' : ending.toUpperCase()
}
