// The review of one change set: every file in one scroll, every hunk kept or undone, the checks beside. All by keys, too.
import {
  AlignJustify,
  ChevronDown,
  ChevronRight,
  CircleCheck,
  CircleMinus,
  CircleX,
  Columns2,
  FileDiff,
  Sparkles,
  SquareArrowOutUpRight,
} from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { Segmented } from '../../kit/controls'
import { Dialog } from '../../kit/dialog'
import { Empty } from '../../kit/feedback'
import { FileIcon } from '../../kit/file-icon'
import { Keys } from '../../kit/keys'
import type { Paint } from '../../lib/paint'
import { count } from '../../lib/words'
import type { Check, Conflict, FileChange, Task } from '../../server/types'
import { ConflictView } from './conflict-view'
import { type Decide, HunkView } from './hunk-view'
import { decided, itemsOf, step, stepFile } from './order'
import './review.css'

export type ReviewActs = Decide & {
  keepAll: () => void
  undoAll: () => void
}

type ReviewViewProps = {
  task: Task | undefined
  current: string | undefined
  onCurrent: (id: string | undefined) => void
  columns: 1 | 2
  onColumns: (columns: 1 | 2) => void
  busy: boolean
  problem: string | undefined
  conflicts: readonly Conflict[]
  onConflictsClosed: () => void
  paint: Paint
  acts: ReviewActs
  onOpen: (path: string, line: number) => void
  onFix: (check: Check) => void
  onAskAgain: () => void
}

export function ReviewView(props: ReviewViewProps) {
  const { task, current, onCurrent, acts } = props
  const [commenting, setCommenting] = useState<string>()
  const [help, setHelp] = useState(false)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const host = useRef<HTMLDivElement>(null)
  const items = useMemo(() => (task ? itemsOf(task) : []), [task])
  const files = task?.result?.filesModified ?? []
  const pending = items.filter((item) => item.hunk.review === 'pending')
  const here = items.find((item) => item.hunk.id === current)

  useEffect(() => {
    host.current?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    if (!here && items.length > 0) onCurrent((pending[0] ?? items[0])?.hunk.id)
  }, [here, items, pending, onCurrent])

  if (!task || files.length === 0) {
    return (
      <Empty title="Nothing to review" icon={<FileDiff className="i" aria-hidden />}>
        What an agent proposes is shown here before it reaches your files.
      </Empty>
    )
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const key = event.key.toLowerCase()
    const open = here?.hunk.review === 'pending' && !props.busy
    if (key === 'j') onCurrent(step(items, current, 1))
    else if (key === 'k') onCurrent(step(items, current, -1))
    else if (key === ']') onCurrent(stepFile(items, current, 1))
    else if (key === '[') onCurrent(stepFile(items, current, -1))
    else if (key === 'y' && here && open) acts.keep(here.hunk.id)
    else if (key === 'n' && here && open) acts.undo(here.hunk.id)
    else if (key === 'c' && here && open) setCommenting(here.hunk.id)
    else if (key === 'e' && here) props.onOpen(here.path, Math.max(here.hunk.newStart, 1))
    else if (key === 'z') acts.takeBack()
    else if (event.key === '?') setHelp(true)
    else return
    event.preventDefault()
  }
  const undecided = pending.length
  const all = undecided === items.length
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: single keys work anywhere in the review
    <div ref={host} className="review" tabIndex={-1} data-testid="review" onKeyDown={onKey}>
      <ReviewSide {...props} files={files} total={items.length} left={undecided} here={here?.path} />
      <section className="pane review__main" aria-label="All changes">
        <div className="review__bar">
          <Segmented
            label="Columns"
            size="icons"
            value={props.columns === 1 ? 'one' : 'two'}
            choices={[
              { value: 'one', title: 'One column', label: <AlignJustify className="i i--s" aria-hidden /> },
              { value: 'two', title: 'Side by side', label: <Columns2 className="i i--s" aria-hidden /> },
            ]}
            onChange={(value) => props.onColumns(value === 'one' ? 1 : 2)}
          />
          <span className="small muted clip">
            {task.model.startsWith('demo/') ? 'Proposed by the demo agent' : 'Proposed by the agent'}
          </span>
          <span className="push" />
          {undecided > 0 ? (
            <>
              <Button
                look="quiet"
                unavailable={props.busy ? 'Being written.' : undefined}
                onClick={acts.undoAll}
              >
                {all ? 'Undo all' : `Undo the other ${undecided}`}
              </Button>
              <Button
                look="primary"
                unavailable={props.busy ? 'Being written.' : undefined}
                data-testid="keep-all"
                onClick={acts.keepAll}
              >
                {all ? 'Keep all' : `Keep the other ${undecided}`}
              </Button>
            </>
          ) : (
            <span className="small muted">Everything is decided</span>
          )}
        </div>
        {props.problem !== undefined && (
          <p className="review__problem error" role="alert">
            {props.problem}
          </p>
        )}
        {props.conflicts.length > 0 && (
          <ConflictView
            conflicts={props.conflicts}
            onOpen={props.onOpen}
            onAskAgain={props.onAskAgain}
            onClose={props.onConflictsClosed}
          />
        )}
        <div className="review__scroll">
          {files.map((file) => (
            <FileOfReview
              key={file.path}
              {...props}
              file={file}
              folded={folded.has(file.path)}
              onFold={() => {
                const next = new Set(folded)
                if (!next.delete(file.path)) next.add(file.path)
                setFolded(next)
              }}
              commenting={commenting}
              onComment={setCommenting}
            />
          ))}
        </div>
        <KeyBar onHelp={() => setHelp(true)} />
      </section>
      <Dialog open={help} onClose={() => setHelp(false)} title="Keys of the review">
        <dl className="kv keys-list">
          {KEYS.map(([keys, words]) => (
            <div key={keys} className="keys-list__row">
              <dt>
                {keys.split(' ').map((key) => (
                  <Keys key={key} keys={key} />
                ))}
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </div>
  )
}

const KEYS: readonly (readonly [keys: string, words: string, short?: string])[] = [
  ['J K', 'next and previous change', 'change'],
  ['] [', 'next and previous file', 'file'],
  ['Y', 'keep the change', 'keep'],
  ['N', 'undo the change', 'undo'],
  ['C', 'undo it with a comment for the agent', 'comment'],
  ['E', 'open the place in the editor', 'edit'],
  ['Z', 'take back what was kept', 'take back'],
  ['Mod+Shift+Enter', 'keep all'],
  ['Mod+Shift+Backspace', 'undo all'],
  ['?', 'this list'],
]

function KeyBar({ onHelp }: { onHelp: () => void }) {
  return (
    <div className="keys" aria-hidden>
      {KEYS.slice(0, 7).map(([keys, , short]) => (
        <span key={keys}>
          {keys.split(' ').map((key) => (
            <Keys key={key} keys={key} />
          ))}
          {short}
        </span>
      ))}
      <button type="button" className="push keys__all" tabIndex={-1} onClick={onHelp}>
        <Keys keys="?" />
        all keys
      </button>
    </div>
  )
}

type SideProps = ReviewViewProps & {
  files: readonly FileChange[]
  total: number
  left: number
  here: string | undefined
}

function ReviewSide({ files, total, left, here, task, onCurrent, onFix }: SideProps) {
  const checks = task?.result?.checks ?? []
  const added = files.reduce((sum, file) => sum + file.addedLines, 0)
  const removed = files.reduce((sum, file) => sum + file.removedLines, 0)
  return (
    <section className="side review__side" aria-label="Changed files">
      <div className="section-head review__sum">
        <span>{count(files.length, 'file')}</span>
        <span className="num review__lines">
          <span className="add">+{added}</span> <span className="del">−{removed}</span>
        </span>
        <span className="push small muted">
          {total - left} of {total} decided
        </span>
      </div>
      <div className="review__files">
        {files.map((file) => (
          <button
            key={file.path}
            type="button"
            className="fl"
            aria-current={file.path === here}
            title={file.path}
            onClick={() => onCurrent(file.hunks[0]?.id)}
          >
            <FileIcon path={file.path} />
            <span className="clip">{file.path.split('/').at(-1)}</span>
            <span className="num push">
              {file.addedLines > 0 && <span className="add">+{file.addedLines}</span>}{' '}
              {file.removedLines > 0 && <span className="del">−{file.removedLines}</span>}
            </span>
            <span className="pips" aria-hidden>
              {file.hunks.slice(0, 8).map((hunk) => (
                <i key={hunk.id} data-state={hunk.review} />
              ))}
            </span>
          </button>
        ))}
      </div>
      {checks.length > 0 && (
        <>
          <div className="section-head review__checks">
            <span>Checks on the copy</span>
            <span className="push faint num">
              {(checks.reduce((sum, check) => sum + check.durationMs, 0) / 1_000).toFixed(1)} s
            </span>
          </div>
          <div className="side__scroll">
            {checks.map((check) => (
              <CheckRow key={check.name} check={check} onFix={onFix} />
            ))}
          </div>
        </>
      )}
    </section>
  )
}

function CheckRow({ check, onFix }: { check: Check; onFix: (check: Check) => void }) {
  switch (check.status) {
    case 'passed':
      return (
        <div className="chk">
          <CircleCheck className="i i--s ok" aria-label="passed" />
          {check.name}
          <span className="faint small num push">{(check.durationMs / 1_000).toFixed(1)} s</span>
        </div>
      )
    case 'failed':
      return (
        <>
          <div className="chk">
            <CircleX className="i i--s error" aria-label="failed" />
            {check.name}
            <span className="error small push">failed</span>
          </div>
          <div className="fail">
            <pre>{check.output || 'It printed nothing.'}</pre>
            <div className="fail__acts">
              <Button size="sm" look="ai" onClick={() => onFix(check)}>
                <Sparkles className="i i--s" aria-hidden />
                Ask the agent to fix it
              </Button>
            </div>
          </div>
        </>
      )
    case 'not_run':
      return (
        <div className="chk muted" title={check.output || undefined}>
          <CircleMinus className="i i--s" aria-hidden />
          {check.name}
          <span className="faint small push clip">{check.output ? firstWords(check.output) : 'not run'}</span>
        </div>
      )
  }
}

function firstWords(output: string): string {
  const line = output.split('\n')[0] ?? ''
  return line.length > 32 ? 'not run' : line
}

type FileOfReviewProps = ReviewViewProps & {
  file: FileChange
  folded: boolean
  onFold: () => void
  commenting: string | undefined
  onComment: (id: string | undefined) => void
}

function FileOfReview(props: FileOfReviewProps) {
  const { file, folded } = props
  const slash = file.path.lastIndexOf('/')
  const Arrow = folded ? ChevronRight : ChevronDown
  return (
    <div className="file" data-testid="review-file" data-path={file.path}>
      <div className="file-head">
        <button
          type="button"
          className="icon-btn"
          aria-expanded={!folded}
          aria-label={`${folded ? 'Open' : 'Fold'} ${file.path}`}
          onClick={props.onFold}
        >
          <Arrow className="i i--s" aria-hidden />
        </button>
        <FileIcon path={file.path} />
        <span className="clip">
          <span className="muted">{file.path.slice(0, slash + 1)}</span>
          <b>{file.path.slice(slash + 1)}</b>
          {file.oldPath && <span className="muted small"> from {file.oldPath}</span>}
        </span>
        <span className="num small">
          {file.addedLines > 0 && <span className="add">+{file.addedLines}</span>}{' '}
          {file.removedLines > 0 && <span className="del">−{file.removedLines}</span>}
        </span>
        <span className="push small muted num">
          {decided(file)} of {file.hunks.length} decided
        </span>
        <IconButton label="Open in the editor" keys="E" onClick={() => props.onOpen(file.path, 1)}>
          <SquareArrowOutUpRight className="i i--s" aria-hidden />
        </IconButton>
      </div>
      {!folded && file.binary && (
        <p className="small muted review__binary">
          Not text, or too large to show. It is kept or undone as a whole.
        </p>
      )}
      {!folded &&
        file.hunks.map((hunk) => (
          <HunkView
            key={hunk.id}
            hunk={hunk}
            path={file.path}
            current={hunk.id === props.current}
            columns={props.columns}
            commenting={props.commenting === hunk.id}
            busy={props.busy}
            paint={props.paint}
            decide={props.acts}
            onCurrent={props.onCurrent}
            onComment={props.onComment}
          />
        ))}
    </div>
  )
}

function isTyping(target: EventTarget): boolean {
  return (
    target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)
  )
}
