// One turn of a conversation: what was asked, what the agent said and did, what came of it, and what was decided.
import {
  Check,
  CircleAlert,
  CircleMinus,
  CirclePause,
  Clock,
  FileDiff,
  RotateCcw,
  Sparkles,
  Square,
  X,
} from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../../kit/button'
import { count, dollars, tokens } from '../../lib/words'
import type { Task } from '../../server/types'
import { modeLabel } from '../../shell/modes'
import { Markdown } from './markdown'
import type { FilePlace } from './places'
import { pendingHunks } from './sessions'
import { grouped, type Phase, type Story } from './story'
import { span, ToolLines } from './tool-lines'
import { useStory } from './use-story'
import { WritingLines } from './writing-lines'

export type TurnActs = {
  exists: (path: string) => boolean
  onPlace: (place: FilePlace) => void
  onReview: (task: Task) => void
  onRetry: (task: Task) => void
  onTakeBack: (task: Task) => void
  onModels: () => void
  onStop: (task: Task) => void
  onDrop: (task: Task) => void
}

type TurnProps = {
  task: Task
  modelName: (id: string) => string
  acts: TurnActs
  onGrow: () => void
  last: boolean
}

export function Turn({ task, modelName, acts, onGrow, last }: TurnProps) {
  const story = useStory(task)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them makes the turn longer
  useEffect(onGrow, [story.seq, task.status, task.review, onGrow])
  const groups = grouped(story.entries)
  const over = task.status === 'done' || task.status === 'failed' || task.status === 'cancelled'
  const said = story.entries.some((entry) => entry.kind === 'text')
  return (
    <section
      className="turn"
      aria-label={`Asked: ${task.prompt}`}
      data-testid="turn"
      data-status={task.status}
    >
      <div className="msg msg--you">
        {task.prompt}
        {task.mode !== 'patch' && <span className="badge turn__mode">{modeLabel(task.mode)}</span>}
      </div>
      <Meta task={task} story={story} name={modelName(story.model ?? task.model)} over={over} />
      {groups.map((group, index) => {
        if (group.kind === 'tools') {
          const live = !over && index === groups.length - 1
          // biome-ignore lint/suspicious/noArrayIndexKey: a story only grows at its end
          return <ToolLines key={index} tools={group.tools} live={live} />
        }
        const { entry } = group
        if (entry.kind === 'note') {
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <p key={index} className={`small ${entry.tone === 'warn' ? 'warn' : 'muted'}`}>
              {entry.text}
            </p>
          )
        }
        if (entry.kind === 'thinking') {
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <details key={index} className="thinking small muted">
              <summary>Thinking</summary>
              <p>{entry.text}</p>
            </details>
          )
        }
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        return <Markdown key={index} text={entry.text} exists={acts.exists} onPlace={acts.onPlace} />
      })}
      {over && !said && task.result?.explanation && (
        <Markdown text={task.result.explanation} exists={acts.exists} onPlace={acts.onPlace} />
      )}
      {!over && <WritingLines files={story.writing} />}
      {!over && <Now phase={story.phase} task={task} acts={acts} />}
      <References task={task} acts={acts} />
      <Changes task={task} acts={acts} />
      <Decisions task={task} story={story} acts={acts} />
      <End task={task} acts={acts} last={last} />
    </section>
  )
}

function Meta({ task, story, name, over }: { task: Task; story: Story; name: string; over: boolean }) {
  const metrics = task.metrics
  const cost = metrics?.costUsd ?? story.costUsd
  const used = metrics?.tokens ?? story.tokens
  const demo = task.model.startsWith('demo/')
  const total = used ? used.input + used.output + used.cacheRead + used.cacheWrite : 0
  return (
    <div className="msg__meta">
      <span className="ai row turn__agent">
        <Sparkles className="i i--xs" aria-hidden />
        Agent
      </span>
      <span className="clip">
        {name}
        {demo ? ', scripted' : ''} ·{' '}
        {over && metrics ? span(metrics.durationMs) : <Elapsed from={story.startedAt} over={over} />}
      </span>
      <span className="push num" title={total > 0 ? `${tokens(total)} tokens` : undefined}>
        {demo ? '$0' : cost != null ? dollars(cost) : total > 0 ? `${tokens(total)} tokens` : ''}
      </span>
    </div>
  )
}

function Elapsed({ from, over }: { from: number | undefined; over: boolean }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (from === undefined || over) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [from, over])
  if (from === undefined) return over ? 'not started' : 'waiting'
  const seconds = Math.max(0, Math.floor((now - from) / 1_000))
  return <>{seconds < 10 ? `${seconds} s` : span(seconds * 1_000)}</>
}

/** What goes on right now, in plain words. */
function Now({ phase, task, acts }: { phase: Phase; task: Task; acts: TurnActs }) {
  const words = phaseInWords(phase, task)
  const waits = task.status === 'queued'
  return (
    <div className="now small muted" data-testid="now">
      {waits ? <CirclePause className="i i--s" aria-hidden /> : <span className="spin ai" aria-hidden />}
      <span className="grow">{words}</span>
      {waits && (
        <Button size="sm" look="quiet" onClick={() => acts.onDrop(task)}>
          Cancel
        </Button>
      )}
    </div>
  )
}

const clock = (time: number) =>
  new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })

export function phaseInWords(
  phase: Phase,
  task: Pick<Task, 'status' | 'waitingFor' | 'cancelRequested' | 'runAt' | 'attempt'>,
): string {
  if (task.cancelRequested) return 'Stopping'
  if (task.status === 'queued') {
    switch (task.waitingFor) {
      case 'network':
        return 'Waits for the network, and goes on by itself.'
      case 'approval':
        return 'Waits for your answer.'
      case 'budget':
        return 'Waits for the budget to reset.'
      case 'task':
        return 'Waits for the task before it.'
      case 'slot':
        return 'Waits for its turn.'
      default:
        if (phase.kind === 'waiting') return phase.message
        if (phase.kind === 'retrying') return `${phase.message} It is tried again at ${clock(phase.until)}.`
        if (task.runAt != null && task.attempt === 0) return `Waits until ${clock(task.runAt)}.`
        return 'Waits for its turn.'
    }
  }
  switch (phase.kind) {
    case 'queued':
      return 'Starting'
    case 'working':
      return phase.step > 1 ? `Working, step ${phase.step}` : 'Working'
    case 'retrying':
      return `${phase.message} It is asked again.`
    case 'waiting':
      return phase.message
    case 'stopping':
      return 'Stopping'
    case 'ended':
      return 'Finishing'
  }
}

function References({ task, acts }: { task: Task; acts: TurnActs }) {
  const places = task.result?.references ?? []
  if (places.length === 0) return null
  return (
    <ul className="references" aria-label="Places it refers to">
      {places.map((place) => (
        <li key={`${place.path}:${place.line}:${place.endLine}`}>
          <button
            type="button"
            className="chip reference"
            data-testid="reference"
            onClick={() => acts.onPlace({ path: place.path, line: place.line, end: place.endLine })}
          >
            <b>{place.path.split('/').at(-1)}</b>:{place.line}
            {place.endLine > place.line ? `–${place.endLine}` : ''}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** How much changed, how the checks went, and the way to the review. */
function Changes({ task, acts }: { task: Task; acts: TurnActs }) {
  const files = task.result?.filesModified ?? []
  const checks = task.result?.checks ?? []
  if (files.length === 0) return null
  const hunks = files.reduce((sum, file) => sum + file.hunks.length, 0)
  const added = files.reduce((sum, file) => sum + file.addedLines, 0)
  const removed = files.reduce((sum, file) => sum + file.removedLines, 0)
  return (
    <div className="changes" data-testid="changes-card">
      <div className="changes__head">
        <FileDiff className="i i--s" aria-hidden />
        <b>
          {count(hunks, 'change')} in {count(files.length, 'file')}
        </b>
        <span className="num">
          <span className="add">+{added}</span> <span className="del">−{removed}</span>
        </span>
        <span className="push" />
        <Button size="sm" data-testid="open-review" onClick={() => acts.onReview(task)}>
          Review
        </Button>
      </div>
      <div className="changes__checks">
        {checks.map((check) => (
          <span
            key={check.name}
            className={check.status === 'failed' ? 'error' : ''}
            title={check.output || undefined}
          >
            {check.status === 'passed' && <Check className="i" aria-label="passed" />}
            {check.status === 'failed' && <X className="i error" aria-label="failed" />}
            {check.status === 'not_run' && (
              <CircleMinus className="i changes__skipped" aria-label="not run" />
            )}
            {check.name}
          </span>
        ))}
        <span className="push">{reviewInWords(task)}</span>
      </div>
    </div>
  )
}

export function reviewInWords(task: Task): string {
  const left = pendingHunks(task).length
  switch (task.review) {
    case 'pending':
      return 'to be reviewed'
    case 'partial':
      return left > 0 ? `${left} left to decide` : 'kept in part'
    case 'accepted':
      return 'kept'
    case 'rejected':
      return 'undone'
    case 'undone':
      return 'taken back'
    case 'none':
      return ''
  }
}

function Decisions({ task, story, acts }: { task: Task; story: Story; acts: TurnActs }) {
  const kept =
    story.decisions.at(-1)?.kind !== 'taken_back' &&
    story.decisions.some((decision) => decision.kind === 'kept')
  if (story.decisions.length === 0) return null
  return (
    <div className="decisions small muted">
      {story.decisions.map((decision) => (
        <p key={`${decision.at} ${decision.kind} ${decision.hunks}`}>
          {decision.kind === 'kept' && (
            <>
              <Check className="i i--xs ok" aria-hidden /> You kept {count(decision.hunks, 'change')}
            </>
          )}
          {decision.kind === 'undone' && (
            <>
              <X className="i i--xs" aria-hidden /> You undid {count(decision.hunks, 'change')}
              {decision.comment ? `: “${decision.comment}”` : ''}
            </>
          )}
          {decision.kind === 'taken_back' && (
            <>
              <RotateCcw className="i i--xs" aria-hidden /> You took it back; your files are as before
            </>
          )}
        </p>
      ))}
      {kept && task.review !== 'undone' && (
        <Button size="sm" look="accent" data-testid="take-back" onClick={() => acts.onTakeBack(task)}>
          Take back what was kept
        </Button>
      )}
    </div>
  )
}

/** How a task ended when it did not end well: what happened, what it means, one thing to do. */
function End({ task, acts, last }: { task: Task; acts: TurnActs; last: boolean }) {
  if (task.status === 'cancelled') {
    return (
      <div className="now small muted">
        <Square className="i i--s" aria-hidden />
        <span className="grow">Stopped. Your files are as they were.</span>
        {last && (
          <Button size="sm" look="quiet" onClick={() => acts.onRetry(task)}>
            Try again
          </Button>
        )}
      </div>
    )
  }
  if (task.status !== 'failed') return null
  const keyed =
    task.error?.code === 'bad_key' || task.error?.code === 'no_model' || task.error?.code === 'unknown_model'
  return (
    <div className="problem" role="alert" data-testid="task-failed">
      <div className="problem__title">
        {task.error?.code === 'demo_cannot' ? (
          <Clock className="i i--s" aria-hidden />
        ) : (
          <CircleAlert className="i i--s" aria-hidden />
        )}
        {failureTitle(task)}
      </div>
      <div className="muted">
        {task.error?.message ?? 'No reason was given.'} Your files are as they were.
      </div>
      <div className="row">
        {keyed || task.error?.code === 'demo_cannot' ? (
          <Button size="sm" look="primary" onClick={acts.onModels}>
            Keys and models
          </Button>
        ) : null}
        <Button size="sm" {...(keyed ? { look: 'quiet' as const } : {})} onClick={() => acts.onRetry(task)}>
          Try again
        </Button>
      </div>
    </div>
  )
}

function failureTitle(task: Task): string {
  switch (task.error?.code) {
    case 'bad_key':
      return 'The key was refused'
    case 'unknown_model':
      return 'The provider does not know this model'
    case 'no_model':
      return 'No model is connected'
    case 'provider_silent':
      return 'The model did not answer'
    case 'rate_limited':
      return 'The provider’s limit is reached'
    case 'refused':
      return 'The model declined'
    case 'limit_reached':
      return 'A limit was reached'
    case 'project_gone':
      return 'The project’s folder is not there'
    case 'storage':
      return 'The disk is full or cannot be written'
    case 'demo_cannot':
      return 'The demo cannot do this'
    default:
      return 'It did not work out'
  }
}
