// One file in the editor group: its path, what is unusual about it in words, its text, and the review bar while an agent
// proposes something here.
import {
  ChevronDown,
  ChevronRight,
  ChevronUp,
  FileQuestion,
  FileX,
  Lock,
  Sparkles,
  TriangleAlert,
} from 'lucide-react'
import { Fragment, useEffect, useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { Segmented } from '../../kit/controls'
import { Badge, Banner, Empty, Skeleton } from '../../kit/feedback'
import type { BufferInfo, Buffers } from './buffers'
import { ClashView } from './clash-view'
import { CodeEditor, type EditorLook, type Place } from './code-editor'
import type { InlineHunk } from './inline'
import { monaco } from './monaco'

/** What an agent proposes for this file, laid over the person's text. */
export type ProposedText = {
  /** Absent: the file would be gone. */
  text: string | undefined
  hunks: readonly InlineHunk[]
  /** Hunks that could not be found in the text any more. */
  lost: number
}

export type ReviewStanding = {
  /** Of all pending changes, which one is current (from 1), and how many there are. */
  number: number
  of: number
  failedChecks: number
  busy: boolean
}

type FileViewProps = {
  path: string
  info: BufferInfo | undefined
  buffers: Buffers
  look: EditorLook
  reveal: Place | undefined
  proposed: ProposedText | undefined
  showProposed: boolean
  onShowProposed: (shown: boolean) => void
  standing: ReviewStanding | undefined
  currentHunk: string | undefined
  onHunk: (id: string) => void
  onKeep: (id: string) => void
  onUndo: (id: string) => void
  onKeepAll: () => void
  onUndoAll: () => void
  onStep: (step: 1 | -1) => void
  onReview: () => void
  onCursor: (line: number, col: number) => void
  onClose: () => void
}

const READ_ONLY =
  'Proposed, not in your file yet. Press **Y** to keep a change, **N** to undo it, or switch to **Yours** to type.'

export function FileView(props: FileViewProps) {
  const { path, info, buffers, proposed, showProposed, standing } = props
  const model = useShown(path, info, buffers, proposed, showProposed)
  return (
    <>
      <PathBar {...props} />
      <Notices {...props} />
      <div className="file-view__body">
        {model && info?.clash === undefined ? (
          <CodeEditor
            model={model}
            label={`${path}${showProposed ? ', proposed changes' : ''}`}
            look={props.look}
            readOnly={showProposed && proposed ? READ_ONLY : undefined}
            reveal={props.reveal}
            hunks={showProposed && proposed ? proposed.hunks : undefined}
            currentHunk={showProposed ? props.currentHunk : undefined}
            onHunk={props.onHunk}
            onKeep={props.onKeep}
            onUndo={props.onUndo}
            onCursor={props.onCursor}
          />
        ) : (
          <Unusual {...props} />
        )}
      </div>
      {standing && standing.of > 0 && proposed && <ReviewBar {...props} standing={standing} />}
    </>
  )
}

/** The model to show: the person's buffer, or a read-only one with what is proposed. */
function useShown(
  path: string,
  info: BufferInfo | undefined,
  buffers: Buffers,
  proposed: ProposedText | undefined,
  showProposed: boolean,
): monaco.editor.ITextModel | undefined {
  const text = showProposed
    ? (proposed?.text ?? (proposed ? (buffers.text(path) ?? '') : undefined))
    : undefined
  const [model, setModel] = useState<monaco.editor.ITextModel>()
  const wanted = text !== undefined
  useEffect(() => {
    if (!wanted) return
    const address = monaco.Uri.from({ scheme: 'proposed', path: `/${path}` })
    monaco.editor.getModel(address)?.dispose()
    const made = monaco.editor.createModel('', undefined, address)
    setModel(made)
    return () => {
      setModel(undefined)
      made.dispose()
    }
  }, [wanted, path])
  if (model && !model.isDisposed() && text !== undefined && model.getValue() !== text) model.setValue(text)
  if (wanted) return model && !model.isDisposed() && model.uri.path === `/${path}` ? model : undefined
  return info?.state === 'text' ? buffers.model(path) : undefined
}

function PathBar({ path, info, proposed, showProposed, onShowProposed }: FileViewProps) {
  const parts = path.split('/')
  return (
    <div className="path">
      <span className="path__parts clip">
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two folders of one path may have one name
          <Fragment key={index}>
            {index > 0 && <ChevronRight className="i" aria-hidden />}
            <span className={index === parts.length - 1 ? 'path__name' : undefined}>{part}</span>
          </Fragment>
        ))}
      </span>
      {proposed && (
        <span className="push row path__proposed">
          {showProposed && (
            <span className="ai row path__note">
              <Sparkles className="i i--xs" aria-hidden />
              Proposed, not in your file yet
            </span>
          )}
          {info?.state === 'text' && (
            <Segmented
              label="What the editor shows"
              value={showProposed ? 'proposed' : 'yours'}
              choices={[
                { value: 'yours', label: 'Yours' },
                { value: 'proposed', label: 'Proposed', ai: true },
              ]}
              onChange={(value) => onShowProposed(value === 'proposed')}
            />
          )}
        </span>
      )}
    </div>
  )
}

function Notices({ info, proposed, buffers, path, showProposed }: FileViewProps) {
  return (
    <>
      {info?.problem !== undefined && info.state === 'text' && (
        <Banner
          look="error"
          icon={<TriangleAlert className="i i--s" aria-hidden />}
          action={
            <Button size="sm" onClick={() => void buffers.save(path)}>
              Save again
            </Button>
          }
        >
          Not saved. {info.problem} Your text is still here.
        </Banner>
      )}
      {proposed && proposed.lost > 0 && showProposed && (
        <Banner look="warn" icon={<TriangleAlert className="i i--s" aria-hidden />}>
          {proposed.lost === 1 ? 'One change does' : `${proposed.lost} changes do`} not fit your text any
          more. Review shows what the agent wanted there.
        </Banner>
      )}
      {proposed && proposed.text === undefined && showProposed && (
        <Banner look="ai" icon={<Sparkles className="i i--s" aria-hidden />}>
          The agent proposes to delete this file.
        </Banner>
      )}
    </>
  )
}

function Unusual({ info, buffers, path, onClose }: FileViewProps) {
  if (info?.clash) return <ClashView path={path} clash={info.clash} buffers={buffers} />
  switch (info?.state) {
    case 'binary':
      return (
        <Empty title="This file is not text" icon={<Lock className="i" aria-hidden />}>
          {sizeInWords(info.size)}. It is kept as it is, byte for byte.
        </Empty>
      )
    case 'large':
      return (
        <Empty title="This file is too large to edit here" icon={<Lock className="i" aria-hidden />}>
          {sizeInWords(info.size)}. It stays as it is; another editor can open it.
        </Empty>
      )
    case 'gone':
      return (
        <Empty
          title="This file is not there any more"
          icon={<FileX className="i" aria-hidden />}
          action={<Button onClick={onClose}>Close the tab</Button>}
        >
          It was deleted or moved.
        </Empty>
      )
    case 'failed':
      return (
        <Empty
          title="This file could not be read"
          icon={<FileQuestion className="i" aria-hidden />}
          action={<Button onClick={() => void buffers.reload(path)}>Read it again</Button>}
        >
          {info.problem}
        </Empty>
      )
    default:
      return (
        <div className="file-view__loading">
          <Skeleton lines={6} />
        </div>
      )
  }
}

function ReviewBar(props: FileViewProps & { standing: ReviewStanding }) {
  const { standing } = props
  const busy = standing.busy ? 'The last decision is being written.' : undefined
  return (
    <div
      className="review-bar"
      role="toolbar"
      aria-label="Review of the proposed changes"
      data-testid="review-bar"
    >
      <span className="row review-bar__count">
        <Sparkles className="i i--s ai" aria-hidden />
        <b className="num">
          Change {standing.number} of {standing.of}
        </b>
      </span>
      <span className="row review-bar__steps">
        <IconButton label="Previous change" keys="Shift+Alt+F5" onClick={() => props.onStep(-1)}>
          <ChevronUp className="i" aria-hidden />
        </IconButton>
        <IconButton label="Next change" keys="Alt+F5" onClick={() => props.onStep(1)}>
          <ChevronDown className="i" aria-hidden />
        </IconButton>
      </span>
      {standing.failedChecks > 0 && (
        <Badge look="error">
          {standing.failedChecks === 1 ? '1 check failed' : `${standing.failedChecks} checks failed`}
        </Badge>
      )}
      <span className="push" />
      <Button size="sm" look="quiet" unavailable={busy} onClick={props.onUndoAll}>
        Undo all
      </Button>
      <Button size="sm" keys="Mod+Shift+Enter" unavailable={busy} onClick={props.onKeepAll}>
        Keep all
      </Button>
    </div>
  )
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
