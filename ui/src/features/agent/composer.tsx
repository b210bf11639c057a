// Where a person asks: text, mode, model, send or stop. Tasks that wait in line lie above it.
import { ArrowUp, Check, ListOrdered, Pencil, Square, X } from 'lucide-react'
import { type KeyboardEvent, type RefObject, useLayoutEffect, useState } from 'react'
import { IconButton } from '../../kit/button'
import type { Mode, Task } from '../../server/types'
import { ModeMenu } from '../../shell/mode-menu'
import { ModelPicker } from '../../shell/model-picker'

export type Draft = { text: string; mode: Mode; model: string | undefined }

type ComposerProps = {
  draft: Draft
  onDraft: (draft: Draft) => void
  input: RefObject<HTMLTextAreaElement | null>
  running: Task | undefined
  line: readonly Task[]
  /** A conversation is going on. */
  following: boolean
  /** The file that goes along as context. */
  context: string | undefined
  unavailable: string | undefined
  onSend: () => void
  onStop: () => void
  onCancel: (task: Task) => void
  onReword: (task: Task, prompt: string) => void
}

const TALLEST_PX = 200

export function Composer(props: ComposerProps) {
  const { draft, onDraft, input, running, line, unavailable } = props
  const empty = draft.text.trim() === ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useLayoutEffect(() => {
    const area = input.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${Math.min(area.scrollHeight, TALLEST_PX)}px`
  }, [draft.text])
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      if (!empty && unavailable === undefined) props.onSend()
    } else if (event.key === 'Escape' && running) {
      event.preventDefault()
      props.onStop()
    } else if (event.key === 'ArrowUp' && draft.text === '') {
      const last = line.at(-1)
      if (last) document.getElementById(`reword-${last.id}`)?.focus()
    }
  }
  return (
    <div className="composer" data-testid="composer">
      {line.length > 0 && (
        <div className="tray" role="group" aria-label="Next up">
          <div className="tray__head">
            <ListOrdered className="i i--s" aria-hidden />
            Next up
            <span className="count">{line.length}</span>
            <span className="push">run after this</span>
          </div>
          {line.map((task) => (
            <InLine key={task.id} task={task} onCancel={props.onCancel} onReword={props.onReword} />
          ))}
        </div>
      )}
      <textarea
        ref={input}
        className="composer__text"
        aria-label="Ask the agent"
        data-testid="prompt"
        rows={2}
        placeholder={placeholderFor(draft.mode, props.following)}
        value={draft.text}
        onChange={(event) => onDraft({ ...draft, text: event.target.value })}
        onKeyDown={onKey}
      />
      {props.context && draft.mode !== 'patch' && (
        <div className="composer__chips">
          <span className="chip" title="The open file goes along">
            <b>{props.context}</b>
          </span>
        </div>
      )}
      <div className="composer__bar">
        <ModeMenu value={draft.mode} onChange={(mode) => onDraft({ ...draft, mode })} />
        <ModelPicker value={draft.model} onChange={(model) => onDraft({ ...draft, model })} />
        <span className="push" />
        {running && empty ? (
          <IconButton label="Stop" keys="Esc" look="send" data-testid="stop" onClick={props.onStop}>
            <Square className="i i--xs composer__stop" aria-hidden />
          </IconButton>
        ) : (
          <IconButton
            label={running ? 'Send, to run after this' : 'Send'}
            keys="Enter"
            look="send"
            data-testid="send"
            unavailable={unavailable ?? (empty ? 'Write what you want first.' : undefined)}
            onClick={props.onSend}
          >
            <ArrowUp className="i i--s" aria-hidden />
          </IconButton>
        )}
      </div>
    </div>
  )
}

function InLine(props: {
  task: Task
  onCancel: (task: Task) => void
  onReword: (task: Task, prompt: string) => void
}) {
  const { task } = props
  const [text, setText] = useState<string>()
  const done = () => {
    if (text !== undefined && text.trim() !== '' && text !== task.prompt) props.onReword(task, text.trim())
    setText(undefined)
  }
  return (
    <div className="tray__item" data-testid="queued-task">
      {text === undefined ? (
        <span className="clip grow">{task.prompt}</span>
      ) : (
        <input
          className="input__text grow"
          aria-label="Reword it"
          // biome-ignore lint/a11y/noAutofocus: the person asked to edit it
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') done()
            if (event.key === 'Escape') setText(undefined)
          }}
        />
      )}
      {text === undefined ? (
        <IconButton id={`reword-${task.id}`} label="Reword" onClick={() => setText(task.prompt)}>
          <Pencil className="i i--s" aria-hidden />
        </IconButton>
      ) : (
        <IconButton label="Keep these words" onClick={done}>
          <Check className="i i--s" aria-hidden />
        </IconButton>
      )}
      <IconButton label="Take it out of the line" onClick={() => props.onCancel(task)}>
        <X className="i i--s" aria-hidden />
      </IconButton>
    </div>
  )
}

function placeholderFor(mode: Mode, following: boolean): string {
  switch (mode) {
    case 'patch':
      return following ? 'Ask for another change' : 'Ask for a change'
    case 'explain':
      return 'Ask how something works'
    case 'generate_test':
      return 'Say what to test'
    case 'lint_fix':
      return 'Say what to tidy up'
  }
}
