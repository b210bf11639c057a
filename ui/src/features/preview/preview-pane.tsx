// The live preview: the page as it is, or as it would be with what is proposed; and in words when there is none.
import {
  Check,
  CircleAlert,
  MonitorOff,
  PackageX,
  RotateCw,
  Smartphone,
  Sparkles,
  TabletSmartphone,
  TriangleAlert,
} from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { Segmented } from '../../kit/controls'
import { Empty } from '../../kit/feedback'
import type { Preview } from '../../server/types'
import { PreviewEngine, type PreviewEvent, type PreviewFiles, type PreviewStage } from './engine'
import type { PreviewError } from './errors'
import './preview.css'

export type PreviewStanding = {
  stage: PreviewStage | 'live' | 'unreachable'
  detail: string | undefined
  error: PreviewError | undefined
  /** Something was shown since the start, so that an error leaves the last good page in sight. */
  shownOnce: boolean
}

export const notStarted: PreviewStanding = {
  stage: 'starting',
  detail: undefined,
  error: undefined,
  shownOnce: false,
}

export function standingAfter(standing: PreviewStanding, event: PreviewEvent): PreviewStanding {
  switch (event.type) {
    case 'stage':
      if (event.stage === 'starting') return notStarted
      return {
        ...standing,
        stage: event.stage,
        detail: event.detail,
        error: event.stage === 'building' ? undefined : standing.error,
      }
    case 'shown':
      return { stage: 'live', detail: undefined, error: undefined, shownOnce: true }
    case 'failed':
      return { ...standing, stage: 'live', error: event.error }
    case 'unreachable':
      return { ...standing, stage: 'unreachable' }
    case 'console':
    case 'address':
      return standing
  }
}

type Width = 'full' | 'phone' | 'tablet'
const WIDTHS: Readonly<Record<Width, number | undefined>> = { full: undefined, phone: 390, tablet: 768 }

type PreviewPaneProps = {
  preview: Preview | undefined
  problem: string | undefined
  files: PreviewFiles | undefined
  standing: PreviewStanding
  onEvent: (event: PreviewEvent) => void
  /** What is proposed can be seen, too. */
  hasProposed: boolean
  shows: 'yours' | 'proposed'
  onShows: (shows: 'yours' | 'proposed') => void
  onOpen: (path: string, line: number, column: number) => void
  onFix: (error: PreviewError) => void
  onAgain: () => void
}

export function PreviewPane(props: PreviewPaneProps) {
  const { preview, standing } = props
  const [width, setWidth] = useState<Width>('full')
  const [address, setAddress] = useState('/')
  const [start, setStart] = useState(0)
  const runs = preview?.state === 'ready'
  const hear = (event: PreviewEvent) => {
    if (event.type === 'address') setAddress(event.path)
    props.onEvent(event)
  }
  const off = runs ? undefined : 'There is no preview to act on yet.'
  const nextWidth: Width = width === 'full' ? 'phone' : width === 'phone' ? 'tablet' : 'full'
  return (
    <section
      className="pane pane--preview"
      aria-label="Preview"
      data-region="preview"
      data-testid="preview-pane"
      data-stage={runs ? standing.stage : 'none'}
      data-shows={props.shows}
    >
      <div className="preview__bar">
        <IconButton
          label="Reload the preview"
          unavailable={off}
          data-testid="preview-reload"
          onClick={() => setStart(start + 1)}
        >
          <RotateCw className="i i--s" aria-hidden />
        </IconButton>
        <div className="preview__url">
          <span className="clip">{address}</span>
          {runs && <Live standing={standing} />}
        </div>
        <IconButton
          label={
            width === 'full' ? 'Width: whole pane' : width === 'phone' ? 'Width: phone' : 'Width: tablet'
          }
          pressed={width !== 'full'}
          onClick={() => setWidth(nextWidth)}
        >
          {width === 'tablet' ? (
            <TabletSmartphone className="i i--s" aria-hidden />
          ) : (
            <Smartphone className="i i--s" aria-hidden />
          )}
        </IconButton>
      </div>
      <div className="preview__sub">
        {props.hasProposed ? (
          <Segmented
            label="What the preview shows"
            value={props.shows}
            choices={[
              { value: 'yours', label: 'Yours' },
              { value: 'proposed', label: 'Proposed', ai: true },
            ]}
            onChange={props.onShows}
          />
        ) : (
          <span className="small muted">Your files, as you type</span>
        )}
        {runs && (
          <span className="stage push" title="Everything this preview needs is on this computer">
            <Check className="i i--xs" aria-hidden />
            Ready offline
          </span>
        )}
      </div>
      <div className="preview__canvas">
        {runs && preview && props.files ? (
          <div
            className="preview__frame"
            style={
              WIDTHS[width] === undefined
                ? undefined
                : { width: WIDTHS[width], maxWidth: '100%', marginInline: 'auto' }
            }
          >
            <Frame
              key={`${preview.bundlerUrl} ${start}`}
              preview={preview}
              files={props.files}
              onEvent={hear}
            />
            <Over {...props} onRestart={() => setStart(start + 1)} />
          </div>
        ) : (
          <Without {...props} />
        )}
      </div>
    </section>
  )
}

function Live({ standing }: { standing: PreviewStanding }) {
  if (standing.error) {
    return (
      <span className="push row preview__live">
        <span className="dot dot--error" aria-hidden />
        Error
      </span>
    )
  }
  return standing.stage === 'live' ? (
    <span className="push row preview__live" data-testid="preview-live">
      <span className="dot dot--ok" aria-hidden />
      Live
    </span>
  ) : (
    <span className="push row preview__live">
      <span className="dot dot--ring" aria-hidden />
      {standing.shownOnce ? 'Updating' : 'Starting'}
    </span>
  )
}

function Frame({
  preview,
  files,
  onEvent,
}: {
  preview: Preview
  files: PreviewFiles
  onEvent: (event: PreviewEvent) => void
}) {
  const frame = useRef<HTMLIFrameElement>(null)
  const engine = useRef<PreviewEngine>(undefined)
  const latest = useRef({ files, onEvent })
  latest.current = { files, onEvent }
  const { bundlerUrl, environment, entry } = preview
  useEffect(() => {
    if (!frame.current) return
    const made = new PreviewEngine(
      frame.current,
      { bundlerUrl, environment, entry },
      latest.current.files,
      (event) => latest.current.onEvent(event),
    )
    engine.current = made
    return () => made.dispose()
  }, [bundlerUrl, environment, entry])
  useEffect(() => {
    engine.current?.update(files)
  }, [files])
  return (
    <iframe
      ref={frame}
      title="Preview of the project"
      className="preview__page"
      data-testid="preview-frame"
    />
  )
}

const STAGES: Readonly<Record<PreviewStage, string>> = {
  starting: 'Starting the preview',
  packages: 'Reading packages from this computer',
  building: 'Building',
  running: 'Running',
}

/** What lies over the page: how far it is, or what is wrong with it. */
function Over(props: PreviewPaneProps & { onRestart: () => void }) {
  const { standing } = props
  if (standing.error) return <ErrorCard {...props} error={standing.error} />
  if (standing.stage === 'unreachable') {
    return (
      <div className="preview__over">
        <Empty
          title="The preview does not answer"
          icon={<MonitorOff className="i" aria-hidden />}
          action={<Button onClick={props.onRestart}>Start it again</Button>}
        >
          Your files are not touched by this. It may be that this computer is very busy.
        </Empty>
      </div>
    )
  }
  if (standing.stage === 'live' || standing.shownOnce) return null
  return (
    <div className="preview__over preview__over--start" role="status">
      <span className="spin" aria-hidden />
      <span>
        {STAGES[standing.stage]}
        {standing.detail ? `: ${standing.detail}` : ''}
      </span>
    </div>
  )
}

function ErrorCard({ error, standing, shows, onOpen, onFix }: PreviewPaneProps & { error: PreviewError }) {
  const place = error.path
  return (
    <div
      className={standing.shownOnce ? 'preview__error' : 'preview__error preview__error--whole'}
      role="alert"
      data-testid="preview-error"
    >
      <div className="problem">
        <div className="problem__title">
          <CircleAlert className="i i--s" aria-hidden />
          <span>{error.title}</span>
        </div>
        <div className="preview__message code">{error.message}</div>
        <div className="muted">
          {place !== undefined && (
            <button
              type="button"
              className="link"
              data-testid="error-place"
              onClick={() => onOpen(place, error.line ?? 1, error.column ?? 1)}
            >
              {place.split('/').at(-1)}
              {error.line ? `:${error.line}` : ''}
            </button>
          )}{' '}
          {standing.shownOnce && !error.running
            ? 'The page is the last one that could be built.'
            : shows === 'proposed'
              ? 'It is in what is proposed, not in your files.'
              : 'Your files are safe.'}
        </div>
        <div className="row">
          <Button look="primary" size="sm" data-testid="fix-with-ai" onClick={() => onFix(error)}>
            <Sparkles className="i i--s" aria-hidden />
            Fix with AI
          </Button>
        </div>
      </div>
    </div>
  )
}

/** Why there is no preview, in words. */
function Without({ preview, problem, onAgain }: PreviewPaneProps) {
  const again = <Button onClick={onAgain}>Look again</Button>
  if (problem !== undefined) {
    return (
      <Empty
        title="The preview could not start"
        icon={<TriangleAlert className="i" aria-hidden />}
        action={again}
      >
        {problem}
      </Empty>
    )
  }
  switch (preview?.state) {
    case 'unsupported':
      return (
        <Empty title="No preview for this kind of project" icon={<MonitorOff className="i" aria-hidden />}>
          {preview.message ?? 'It does not run in a browser.'} Editing, search and the agent work as ever.
        </Empty>
      )
    case 'missing_packages':
      return (
        <Empty title="Packages are missing" icon={<PackageX className="i" aria-hidden />} action={again}>
          {preview.message ?? 'They are not on this computer, and the registry does not give them.'}
        </Empty>
      )
    default:
      return (
        <div className="preview__over preview__over--start" role="status">
          <span className="spin" aria-hidden />
          {preview?.message ?? 'Looking at the project'}
        </div>
      )
  }
}
