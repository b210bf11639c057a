// The conversation with the agent: earlier ones, the transcript, the composer. It never opens or moves a pane by itself.
import { ArrowDown, History, Plus, ShieldCheck, Sparkles } from 'lucide-react'
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { Button, IconButton } from '../../kit/button'
import { Empty } from '../../kit/feedback'
import { Menu } from '../../kit/menu'
import { ago } from '../../lib/words'
import type { Task } from '../../server/types'
import { Composer, type Draft } from './composer'
import type { Session } from './sessions'
import { Turn, type TurnActs } from './turn'
import './agent.css'

type AgentPanelProps = {
  session: Session | undefined
  sessions: readonly Session[]
  line: readonly Task[]
  running: Task | undefined
  draft: Draft
  onDraft: (draft: Draft) => void
  input: RefObject<HTMLTextAreaElement | null>
  suggestions: readonly string[]
  context: string | undefined
  unavailable: string | undefined
  modelName: (id: string) => string
  problem: string | undefined
  onSession: (id: string | undefined) => void
  onSend: () => void
  onStop: () => void
  onReword: (task: Task, prompt: string) => void
  acts: TurnActs
}

export function AgentPanel(props: AgentPanelProps) {
  const { session, sessions, line, acts } = props
  const tasks = session?.tasks.filter((task) => !line.includes(task)) ?? []
  const { scroll, atEnd, grow, toEnd } = useStickyEnd(session?.id)
  const newest = tasks.at(-1)
  return (
    <section className="agent" aria-label="Agent" data-region="agent" data-testid="agent-panel">
      <div className="agent__head">
        <b className="clip grow">{session?.title ?? 'New conversation'}</b>
        <Menu
          align="end"
          trigger={
            <button
              type="button"
              className="icon-btn"
              aria-label="Earlier conversations"
              title="Earlier conversations"
            >
              <History className="i i--s" aria-hidden />
            </button>
          }
          groups={[
            {
              label: sessions.length > 0 ? 'Conversations' : 'No conversations yet',
              items: sessions.slice(0, 20).map((each) => ({
                id: each.id,
                label: each.title,
                detail: ago(each.at, Date.now()),
                checked: each.id === session?.id,
                onSelect: () => props.onSession(each.id),
              })),
            },
          ]}
        />
        <IconButton label="New conversation" onClick={() => props.onSession(undefined)}>
          <Plus className="i" aria-hidden />
        </IconButton>
      </div>
      <div
        ref={scroll}
        className="transcript"
        role="log"
        aria-live="off"
        aria-label="Conversation"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        {tasks.length === 0 && <Begin {...props} />}
        {tasks.map((task) => (
          <Turn
            key={task.id}
            task={task}
            modelName={props.modelName}
            acts={acts}
            onGrow={grow}
            last={task === newest}
          />
        ))}
      </div>
      {!atEnd && tasks.length > 0 && (
        <div className="agent__latest">
          <Button size="sm" onClick={toEnd}>
            <ArrowDown className="i i--s" aria-hidden />
            Latest
          </Button>
        </div>
      )}
      <Announcer task={newest} />
      {props.problem !== undefined && (
        <p className="agent__problem small error" role="alert">
          {props.problem}
        </p>
      )}
      <p className="agent__promise small muted">
        <ShieldCheck className="i i--s" aria-hidden />
        Your files stay as they are until you keep.
      </p>
      <Composer
        draft={props.draft}
        onDraft={props.onDraft}
        input={props.input}
        running={props.running}
        line={line}
        following={tasks.length > 0}
        context={props.context}
        unavailable={props.unavailable}
        onSend={props.onSend}
        onStop={props.onStop}
        onCancel={acts.onDrop}
        onReword={props.onReword}
      />
    </section>
  )
}

function Begin({ suggestions, draft, onDraft, input }: AgentPanelProps) {
  return (
    <div className="agent__begin">
      <Empty title="What should change?" icon={<Sparkles className="i" aria-hidden />}>
        The agent works on a copy. You see every change before it reaches your files.
      </Empty>
      {suggestions.map((words) => (
        <button
          key={words}
          type="button"
          className="suggestion"
          onClick={() => {
            onDraft({ ...draft, text: words })
            input.current?.focus()
          }}
        >
          {words}
        </button>
      ))}
    </div>
  )
}

/** Says the boundaries of a task to a screen reader, politely; the words in between are in the log. */
function Announcer({ task }: { task: Task | undefined }) {
  const words = task === undefined ? '' : standing(task)
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {words}
    </p>
  )
}

function standing(task: Task): string {
  switch (task.status) {
    case 'queued':
      return 'The task is in line.'
    case 'processing':
      return 'The agent is working.'
    case 'done': {
      const files = task.result?.filesModified.length ?? 0
      return files > 0 ? `The agent is done and proposes changes in ${files} files.` : 'The agent answered.'
    }
    case 'failed':
      return `It failed: ${task.error?.message ?? ''}`
    case 'cancelled':
      return 'The task was stopped.'
  }
}

/** Keeps the newest words in sight, but only for who is already there. */
function useStickyEnd(session: string | undefined) {
  const scroll = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [atEnd, setAtEnd] = useState(true)
  const toEnd = useCallback(() => {
    stuck.current = true
    setAtEnd(true)
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight })
  }, [])
  const grow = useCallback(() => {
    if (stuck.current) scroll.current?.scrollTo({ top: scroll.current.scrollHeight })
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation starts at its end
  useEffect(toEnd, [session, toEnd])
  useEffect(() => {
    const box = scroll.current
    if (!box) return
    const onScroll = () => {
      const end = box.scrollHeight - box.scrollTop - box.clientHeight < 40
      stuck.current = end
      setAtEnd(end)
    }
    const sized = new ResizeObserver(() => {
      if (stuck.current) box.scrollTo({ top: box.scrollHeight })
    })
    sized.observe(box)
    box.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      sized.disconnect()
      box.removeEventListener('scroll', onScroll)
    }
  }, [])
  return { scroll, atEnd, grow, toEnd }
}
