// The palette: go to a file or project by a few letters of its name, or run a command (`>` before it).
import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useMatch, useNavigate } from '@tanstack/react-router'
import { AppWindow, ChevronRight, Search } from 'lucide-react'
import {
  type KeyboardEvent,
  useCallback,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { FileIcon } from '../../kit/file-icon'
import { Keys } from '../../kit/keys'
import { filesQuery, projectsQuery } from '../../server/queries'
import { useCommands } from '../../shell/commands'
import { goTo } from '../../shell/go'
import { closePalette, useOverlays } from '../../shell/overlays'
import { commandEntries, type Entry, type Listed, placeEntries, splitPath } from './entries'
import './palette.css'

export function Palette() {
  const palette = useOverlays((state) => state.palette)
  return (
    <Dialog.Root open={palette !== null} onOpenChange={(open) => !open && closePalette()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="palette-scrim" />
        <Dialog.Popup className="palette palette--open" aria-label="Go to, or run a command">
          {palette && <List key={palette} commands={palette === 'commands'} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function List({ commands }: { commands: boolean }) {
  const [typed, setTyped] = useState(commands ? '>' : '')
  const [chosen, setChosen] = useState(0)
  const projectId = useMatch({ from: '/p/$projectId', shouldThrow: false })?.params.projectId
  const entriesFor = useEntriesFor(projectId)
  // What is listed may lag behind fast typing; what Enter takes may not.
  const listed = useDeferredValue(typed)
  const entries = useMemo(() => entriesFor(listed), [entriesFor, listed])
  const choose = useChoose(projectId)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const at = Math.min(chosen, entries.length - 1)

  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step !== undefined && entries.length > 0) {
      event.preventDefault()
      const turn = Math.abs(step) === 1
      setChosen(
        turn
          ? (at + step + entries.length) % entries.length
          : Math.max(0, Math.min(at + step, entries.length - 1)),
      )
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      const entry = listed === typed ? entries[at] : entriesFor(typed)[0]
      if (entry) choose(entry.item)
    }
  }
  const asksCommands = typed.startsWith('>')
  return (
    <>
      <div className="palette__in">
        <Search className="i i--s muted" aria-hidden />
        <input
          className="palette__text"
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined}
          aria-label={asksCommands ? 'Command' : 'File or project'}
          placeholder={projectId ? 'A file, a project, or > and a command' : 'A project, or > and a command'}
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="palette__list" role="listbox" id={id} ref={list} aria-label="Matches">
        {entries.map((entry, index) => (
          <Row
            key={keyOf(entry.item)}
            id={`${id}-${index}`}
            at={index}
            entry={entry}
            chosen={index === at}
            labelled={entries.some((each) => each.item.kind === 'file')}
            onPoint={() => setChosen(index)}
            onChoose={() => choose(entry.item)}
          />
        ))}
        {entries.length === 0 && (
          <p className="palette__none muted">
            {asksCommands ? 'No command is called that.' : 'Nothing is called that here.'}
          </p>
        )}
      </div>
    </>
  )
}

function useEntriesFor(projectId: string | undefined): (typed: string) => Listed[] {
  const commands = useCommands((registry) => registry.commands)
  const { data: files } = useQuery({ ...filesQuery(projectId ?? ''), enabled: projectId !== undefined })
  const { data: projects } = useQuery(projectsQuery())
  return useCallback(
    (typed) => {
      if (typed.startsWith('>')) return commandEntries(commands, typed.slice(1))
      const others = (projects?.items ?? []).filter((project) => project.id !== projectId)
      return placeEntries(files?.items ?? [], others, typed)
    },
    [commands, files, projects, projectId],
  )
}

function useChoose(projectId: string | undefined): (entry: Entry) => void {
  const navigate = useNavigate()
  return (entry) => {
    closePalette()
    switch (entry.kind) {
      case 'file':
        if (projectId) goTo({ projectId, path: entry.path })
        break
      case 'project':
        void navigate({ to: '/p/$projectId', params: { projectId: entry.project.id } })
        break
      case 'command':
        // After the palette has gone: a command may want the focus, or open the palette again.
        setTimeout(entry.command.run)
        break
    }
  }
}

type RowProps = {
  id: string
  at: number
  entry: Listed
  chosen: boolean
  labelled: boolean
  onPoint: () => void
  onChoose: () => void
}

function Row({ id, at, entry, chosen, labelled, onPoint, onChoose }: RowProps) {
  return (
    <>
      {entry.label && labelled && <div className="menu__label">{entry.label}</div>}
      <div
        id={id}
        data-at={at}
        role="option"
        aria-selected={chosen}
        className={`menu__item ${chosen ? 'is-hover' : ''}`}
        onPointerMove={onPoint}
        onClick={onChoose}
      >
        <Item entry={entry.item} hits={entry.hits} />
      </div>
    </>
  )
}

function Item({ entry, hits }: { entry: Entry; hits: ReadonlySet<number> }) {
  switch (entry.kind) {
    case 'file': {
      const path = splitPath(entry.path, hits)
      return (
        <>
          <FileIcon path={entry.path} />
          <Marked text={path.name} hits={path.hits} />
          <span className="faint small clip">{path.folder}</span>
        </>
      )
    }
    case 'project':
      return (
        <>
          <AppWindow className="i i--s" aria-hidden />
          <Marked text={entry.project.name} hits={hits} />
          <span className="faint small clip">{entry.project.path}</span>
        </>
      )
    case 'command':
      return (
        <>
          <ChevronRight className="i i--s" aria-hidden />
          <Marked text={entry.command.title} hits={hits} />
          <span className="push">{entry.command.keys && <Keys keys={entry.command.keys} />}</span>
        </>
      )
  }
}

/** The text with the letters that were hit, run by run. */
function Marked({ text, hits }: { text: string; hits: ReadonlySet<number> }) {
  const runs: { from: number; text: string; hit: boolean }[] = []
  for (const [index, sign] of [...text].entries()) {
    const hit = hits.has(index)
    const last = runs.at(-1)
    if (last?.hit === hit) last.text += sign
    else runs.push({ from: index, text: sign, hit })
  }
  return (
    <span className="clip none">
      {runs.map((run) =>
        run.hit ? <mark key={run.from}>{run.text}</mark> : <span key={run.from}>{run.text}</span>,
      )}
    </span>
  )
}

function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case 'file':
      return `file ${entry.path}`
    case 'project':
      return `project ${entry.project.id}`
    case 'command':
      return `command ${entry.command.id}`
  }
}
