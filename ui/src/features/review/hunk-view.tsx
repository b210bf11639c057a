// One hunk of the review: where it is, how it was found, its lines in one column or two, and the two decisions.
import { Check, Equal, FilePlus, GitMerge, MessageSquarePlus, MoveVertical, Undo2 } from 'lucide-react'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { type Drawn, overlaid, type Paint, type Painted } from '../../lib/paint'
import type { Hunk } from '../../server/types'
import { changedParts, type DiffRow, diffRows, sideBySide } from './diff'
import { foundInWords, linesInWords } from './order'

export type Decide = {
  keep: (id: string) => void
  undo: (id: string, comment?: string) => void
  takeBack: () => void
}

type HunkViewProps = {
  hunk: Hunk
  path: string
  current: boolean
  columns: 1 | 2
  commenting: boolean
  busy: boolean
  paint: Paint
  decide: Decide
  onCurrent: (id: string) => void
  onComment: (id: string | undefined) => void
}

/** Longer hunks start folded after this many lines. */
const SHOWN_LINES = 400

export const HunkView = memo(function HunkView(props: HunkViewProps) {
  const { hunk, path, current, columns, busy, decide } = props
  const host = useRef<HTMLElement>(null)
  const state = hunk.review === 'accepted' ? 'kept' : hunk.review === 'rejected' ? 'undone' : 'open'
  const [whole, setWhole] = useState(false)
  const all = useMemo(() => diffRows(hunk), [hunk])
  const rows = useMemo(() => (whole ? all : all.slice(0, SHOWN_LINES)), [all, whole])
  const painted = usePainted(props.paint, path, rows)
  useEffect(() => {
    if (current) host.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const unavailable = busy ? 'The last decision is being written.' : undefined
  return (
    <article
      ref={host}
      className="hunk"
      data-state={state}
      data-current={current || undefined}
      data-testid="hunk"
      data-hunk={hunk.id}
      aria-label={`${path}, lines ${linesInWords(hunk)}, ${state === 'open' ? 'to be decided' : state}`}
      onMouseDown={() => props.onCurrent(hunk.id)}
    >
      <div className="hunk-head">
        <span className="mono hunk-head__lines">{linesInWords(hunk)}</span>
        <span className="clip hunk-head__section">{hunk.act === 'create' ? 'whole file' : hunk.section}</span>
        <FoundMark hunk={hunk} />
        <span className="push" />
        {state === 'open' ? (
          <>
            <IconButton label="Undo with a comment" keys="C" onClick={() => props.onComment(hunk.id)}>
              <MessageSquarePlus className="i i--s" aria-hidden />
            </IconButton>
            <Button
              size="sm"
              look="quiet"
              {...(current ? { keys: 'N' } : {})}
              unavailable={unavailable}
              aria-label={`Undo the change in ${path}, lines ${linesInWords(hunk)}`}
              data-testid="undo-hunk"
              onClick={() => decide.undo(hunk.id)}
            >
              Undo
            </Button>
            <Button
              size="sm"
              {...(current ? { keys: 'Y' } : {})}
              unavailable={unavailable}
              aria-label={`Keep the change in ${path}, lines ${linesInWords(hunk)}`}
              data-testid="keep-hunk"
              onClick={() => decide.keep(hunk.id)}
            >
              Keep
            </Button>
          </>
        ) : (
          <>
            <span className={`row hunk-head__state ${state === 'kept' ? 'ok' : ''}`}>
              {state === 'kept' ? (
                <Check className="i i--xs" aria-hidden />
              ) : (
                <Undo2 className="i i--xs" aria-hidden />
              )}
              {state === 'kept' ? 'Kept' : 'Undone'}
            </span>
            {state === 'kept' && (
              <Button size="sm" look="quiet" {...(current ? { keys: 'Z' } : {})} onClick={decide.takeBack}>
                Take back
              </Button>
            )}
          </>
        )}
      </div>
      {state === 'open' &&
        rows.length > 0 &&
        (columns === 1 ? <One rows={rows} painted={painted} /> : <Two rows={rows} painted={painted} />)}
      {state === 'open' && all.length > rows.length && (
        <Button look="accent" size="sm" onClick={() => setWhole(true)}>
          Show {all.length - rows.length} more lines
        </Button>
      )}
      {props.commenting && (
        <CommentBox
          onClose={() => props.onComment(undefined)}
          onSend={(text) => decide.undo(hunk.id, text)}
        />
      )}
    </article>
  )
})

function FoundMark({ hunk }: { hunk: Hunk }) {
  const words = foundInWords(hunk)
  const icons = { exact: Equal, new_file: FilePlus, merged: GitMerge, moved: MoveVertical } as const
  const Icon = hunk.found in icons ? icons[hunk.found as keyof typeof icons] : Equal
  return (
    <span className={`found ${words.look === 'warn' ? 'warn' : ''}`} title={words.why}>
      <Icon className="i" aria-hidden />
      {words.label}
    </span>
  )
}

function usePainted(paint: Paint, path: string, rows: readonly DiffRow[]): readonly (readonly Painted[])[] {
  const [painted, setPainted] = useState<readonly (readonly Painted[])[]>([])
  useEffect(() => {
    let wanted = true
    const lines = rows.map((row) => row.text)
    void paint(path, lines).then((result) => {
      if (wanted) setPainted(result)
    })
    return () => {
      wanted = false
    }
  }, [paint, path, rows])
  return painted
}

type RowsProps = { rows: readonly DiffRow[]; painted: readonly (readonly Painted[])[] }

function One({ rows, painted }: RowsProps) {
  return (
    <div className="code-view diff diff--small" role="table" aria-label="Changed lines">
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a hunk never change
        <div key={index} className={lineClass(row)} role="row">
          <Cell row={row} numbers={[row.oldLine, row.newLine]} painted={painted[index]} />
        </div>
      ))}
    </div>
  )
}

function Two({ rows, painted }: RowsProps) {
  const at = new Map(rows.map((row, index) => [row, index]))
  const side = (row: DiffRow | undefined, left: boolean) =>
    row === undefined ? (
      <div className="ln ln--none" role="cell" />
    ) : (
      <div className={lineClass(row)}>
        <Cell row={row} numbers={[left ? row.oldLine : row.newLine]} painted={painted[at.get(row) ?? -1]} />
      </div>
    )
  return (
    <div
      className="code-view diff diff--small diff--two"
      role="table"
      aria-label="Changed lines, before and after"
    >
      {sideBySide(rows).map((pair, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a hunk never change
        <div key={index} className="diff__pair" role="row">
          {side(pair.left, true)}
          {side(pair.right, false)}
        </div>
      ))}
    </div>
  )
}

type CellProps = {
  row: DiffRow
  numbers: readonly (number | undefined)[]
  painted: readonly Painted[] | undefined
}

/** A line with its numbers and sign; to a screen reader one cell, told in words. */
function Cell({ row, numbers, painted }: CellProps) {
  return (
    <>
      {numbers.map((number, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: before and after
        <span key={index} className="no" aria-hidden>
          {number}
        </span>
      ))}
      <span className="sg" aria-hidden>
        {row.sign === '-' ? '−' : row.sign}
      </span>
      <Text row={row} painted={painted} />
    </>
  )
}

function Text({ row, painted }: { row: DiffRow; painted: readonly Painted[] | undefined }) {
  const parts = row.changed === undefined ? [] : changedParts(row.text, row.changed)
  const mark = row.sign === '+' ? 'w-add' : 'w-del'
  const drawn: Drawn[] = overlaid(
    painted && joined(painted) === row.text ? painted : [{ text: row.text, kind: '' }],
    parts,
  )
  return (
    <span className="tx" role="cell" aria-label={rowInWords(row)}>
      {drawn.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no other name
        <span key={index} className={`${piece.kind} ${piece.changed ? mark : ''}`}>
          {piece.text}
        </span>
      ))}
    </span>
  )
}

function joined(painted: readonly Painted[]): string {
  return painted.map((piece) => piece.text).join('')
}

function lineClass(row: DiffRow): string {
  return row.sign === '+' ? 'ln is-add' : row.sign === '-' ? 'ln is-del' : 'ln'
}

function rowInWords(row: DiffRow): string {
  if (row.sign === '+') return `added line ${row.newLine}: ${row.text}`
  if (row.sign === '-') return `removed line ${row.oldLine}: ${row.text}`
  return `line ${row.newLine}: ${row.text}`
}

function CommentBox({ onSend, onClose }: { onSend: (text: string) => void; onClose: () => void }) {
  const [text, setText] = useState('')
  const send = () => {
    if (text.trim() === '') return
    onSend(text.trim())
    onClose()
  }
  return (
    <div className="comment">
      <textarea
        className="comment__text"
        aria-label="What should be different"
        placeholder="What should be different? The agent reads it with your next message."
        rows={2}
        // biome-ignore lint/a11y/noAutofocus: the person asked to write here
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape') onClose()
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
        }}
      />
      <div className="comment__acts">
        <Button size="sm" look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button
          size="sm"
          keys="Mod+Enter"
          unavailable={text.trim() === '' ? 'Write what should be different first.' : undefined}
          onClick={send}
        >
          Undo with this comment
        </Button>
      </div>
    </div>
  )
}
