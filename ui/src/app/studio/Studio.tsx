// The studio of one project: brings files, editor, preview, agent and review together. Each knows nothing of the others.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { FolderX } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { AgentPanel } from '../../features/agent/agent-panel'
import type { Draft } from '../../features/agent/composer'
import { FileView } from '../../features/editor/file-view'
import { paint } from '../../features/editor/paint'
import { useFileProblems } from '../../features/editor/problems'
import { PREVIEW_TAB, TabBar } from '../../features/editor/tab-bar'
import { closeTab, openTab, readTabs, type Tabs } from '../../features/editor/tabs'
import { FilesPanel } from '../../features/files/files-panel'
import { SearchPanel } from '../../features/files/search-panel'
import { askToFix } from '../../features/preview/errors'
import { PreviewPane } from '../../features/preview/preview-pane'
import { ReviewView } from '../../features/review/review-view'
import { Confirm, type Question } from '../../kit/confirm'
import { Banner, Empty } from '../../kit/feedback'
import { toast } from '../../kit/toast'
import { inWords } from '../../server/problem'
import { modelsQuery } from '../../server/queries'
import type { Settings } from '../../server/settings'
import type { Mode, NewTask, Project, Task } from '../../server/types'
import { takeAsked, useAsked } from '../../shell/go'
import { MODES } from '../../shell/modes'
import { Page } from '../Page'
import { Dock, type DockTab } from './Dock'
import { openedFileActs } from './file-acts'
import { Layout, type NarrowPane } from './Layout'
import { type Panes, PRESETS, type Preset, presetOf } from './panes'
import { Side, type SideTab } from './Side'
import { StatusCells, StatusEnd } from './StudioStatus'
import { ProjectMenu, StudioEnd } from './StudioTop'
import { Switcher } from './Switcher'
import { suggestionsFor } from './suggestions'
import './studio.css'
import { useDecisions } from './use-decisions'
import { useFiles } from './use-files'
import { useFirstFiles } from './use-first-files'
import { useHunks } from './use-hunks'
import { useScreen } from './use-kept'
import { usePreview } from './use-preview'
import { useProposed } from './use-proposed'
import { useRoom } from './use-room'
import { useSaving } from './use-saving'
import { useStudioCommands } from './use-studio-commands'
import { useTasks } from './use-tasks'

type Reveal = { path: string; place: { line: number; col: number; end?: number } }

export function Studio({ project, settings }: { project: Project; settings: Settings }) {
  const id = project.id
  const navigate = useNavigate()
  const room = useRoom()
  const screen = useScreen(id)
  const models = useQuery(modelsQuery())
  const { buffers, texts, infos, current, list } = useFiles(id)
  const tasks = useTasks(id, (written) => {
    for (const file of written) {
      void buffers.changedOnDisk(file.path, file.hash ?? undefined)
      void texts.changed(file.path)
    }
  })
  const hunks = useHunks(tasks.review)
  const proposed = useProposed(tasks.review, current.texts)
  const problems = useFileProblems()

  const [panes, setPanes] = useState<Panes>(screen.first.panes)
  const [pane, setPane] = useState<NarrowPane>('code')
  const [sizes, setSizes] = useState(screen.first.sizes)
  const [sideTab, setSideTab] = useState<SideTab>('files')
  const [dock, setDock] = useState<DockTab>()
  const [tabs, setTabs] = useState<Tabs>(() => readTabs(screen.first.tabs))
  const [reviewing, setReviewing] = useState(false)
  const [columns, setColumns] = useState(screen.first.columns)
  const [editorShows, setEditorShows] = useState<'yours' | 'proposed'>('proposed')
  const [previewShows, setPreviewShows] = useState<'yours' | 'proposed'>('proposed')
  const [reveal, setReveal] = useState<Reveal>()
  const [cursor, setCursor] = useState({ line: 1, col: 1 })
  const [question, setQuestion] = useState<Question>()
  const [chosenSession, setSession] = useState<string | null | undefined>(screen.first.session)
  const [draft, setDraft] = useState<Draft>(() => draftFrom(screen.first.draft))
  const composer = useRef<HTMLTextAreaElement>(null)

  const session =
    chosenSession === null
      ? undefined
      : (tasks.sessions.find((each) => each.id === chosenSession) ?? tasks.sessions[0])
  const hasProposed = hunks.pending.length > 0
  const preview = usePreview(id, current, proposed.texts, hasProposed ? previewShows : 'yours')
  const active = tabs.active === PREVIEW_TAB ? undefined : tabs.active
  const showsReview = room === 'narrow' ? pane === 'review' : reviewing

  const keepScreen = screen.keep
  const changeTabs = (next: Tabs) => {
    setTabs(next)
    keepScreen({ tabs: next })
  }
  const changePanes = (next: Panes) => {
    setPanes(next)
    setReviewing(false)
    keepScreen({ panes: next })
  }
  const changeDraft = (next: Draft) => {
    setDraft(next)
    keepScreen({ draft: next })
  }
  const changeSession = (next: string | null) => {
    setSession(next)
    keepScreen({ session: next ?? undefined })
    composer.current?.focus()
  }

  const openPath = (path: string, place?: Reveal['place']) => {
    void buffers.open(path)
    changeTabs(openTab(tabs, path))
    if (place) setReveal({ path, place })
    if (!panes.editor) changePanes({ ...panes, editor: true })
    setReviewing(false)
    setPane('code')
  }
  const closePath = (path: string) => {
    const close = () => {
      buffers.close(path)
      texts.refresh()
      changeTabs(closeTab(tabs, path))
    }
    if (!infos.get(path)?.dirty) return close()
    setQuestion({
      title: `${path.split('/').at(-1)} is not saved`,
      text: 'Closing the tab loses what you typed since the last save.',
      safe: 'Stay',
      other: {
        label: 'Save and close',
        run: () => void buffers.save(path).then((saved) => saved && close()),
      },
      act: { label: 'Close without saving', danger: true, run: close },
    })
  }

  useFirstFiles(list.data?.items, tabs, setTabs, buffers)

  // A place that the palette or a link asked for.
  const asked = useAsked((state) => state.asked)
  const openLatest = useRef(openPath)
  openLatest.current = openPath
  useEffect(() => {
    const place = asked ? takeAsked(id) : null
    if (place)
      openLatest.current(place.path, place.line ? { line: place.line, col: place.column ?? 1 } : undefined)
  }, [asked, id])

  // What is newly proposed is what one wants to see.
  const reviewed = tasks.review?.id
  useEffect(() => {
    if (reviewed === undefined) return
    setEditorShows('proposed')
    setPreviewShows('proposed')
  }, [reviewed])

  useSaving(buffers, settings.editor.autoSave)

  const { keep, undo } = useDecisions(tasks, hunks, buffers)
  const stepChange = (by: 1 | -1) => {
    const next = hunks.step(by)
    if (next && !showsReview) {
      setEditorShows('proposed')
      if (next.path !== active) openPath(next.path)
    }
  }
  const showReview = () => {
    if (room === 'narrow') setPane(pane === 'review' ? 'code' : 'review')
    else setReviewing(!reviewing)
  }

  const ask = async (task: { prompt: string; mode: Mode; cursor?: NewTask['cursor'] }) => {
    const files = buffers.unsaved()
    const sessionId = await tasks.submit({
      prompt: task.prompt,
      mode: task.mode,
      ...(draft.model ? { model: draft.model } : {}),
      ...(session ? { sessionId: session.id } : {}),
      ...(files.length > 0 ? { files } : {}),
      ...(task.cursor ? { cursor: task.cursor } : {}),
    })
    if (sessionId === undefined) return false
    setSession(sessionId)
    keepScreen({ session: sessionId })
    return true
  }
  const send = async () => {
    const { text } = draft
    changeDraft({ ...draft, text: '' })
    const here = active && infos.get(active)?.state === 'text' ? { file: active, ...cursor } : undefined
    const sent = await ask({ prompt: text.trim(), mode: draft.mode, ...(here ? { cursor: here } : {}) })
    // What was refused is given back, so that no word is lost.
    if (!sent) changeDraft({ ...draft, text })
  }
  const askAgent = (prompt: string, cursorAt?: NewTask['cursor']) => {
    if (!panes.agent) changePanes({ ...panes, agent: true })
    setReviewing(false)
    setPane('agent')
    void ask({ prompt, mode: 'patch', ...(cursorAt ? { cursor: cursorAt } : {}) })
  }
  const toModels = () => void navigate({ to: '/settings/$section', params: { section: 'models' } })
  const fail = (error: unknown) => toast(inWords(error))

  useStudioCommands(
    {
      save: () => active && void buffers.save(active),
      saveAll: () => void Promise.all(buffers.dirty().map((path) => buffers.save(path))),
      closeTab: () => active && closePath(active),
      search: () => {
        if (!panes.side) changePanes({ ...panes, side: true })
        setSideTab('search')
        setPane('files')
        requestAnimationFrame(() =>
          document.querySelector<HTMLElement>('[data-testid="search-input"]')?.focus(),
        )
      },
      side: () => changePanes({ ...panes, side: !panes.side }),
      dock: () => setDock(dock ? undefined : 'problems'),
      preview: () => changePanes({ ...panes, preview: !panes.preview }),
      reloadPreview: () => document.querySelector<HTMLElement>('[data-testid="preview-reload"]')?.click(),
      composer: () => {
        if (!panes.agent) changePanes({ ...panes, agent: true })
        setPane('agent')
        requestAnimationFrame(() => composer.current?.focus())
      },
      review: showReview,
      nextChange: () => stepChange(1),
      previousChange: () => stepChange(-1),
      keepAll: () => hasProposed && void keep(),
      undoAll: () => hasProposed && void undo(),
      keep: () => hunks.current?.hunk.review === 'pending' && void keep(hunks.current.hunk.id),
      undo: () => hunks.current?.hunk.review === 'pending' && void undo(hunks.current.hunk.id),
      stop: () => tasks.running && void tasks.cancel(tasks.running),
      newConversation: () => changeSession(null),
      build: () => changePanes(PRESETS.build),
      code: () => changePanes(PRESETS.code),
      focus: () => changePanes(PRESETS.focus),
    },
    showsReview,
  )

  const dirty = useMemo(
    () => new Set([...infos.values()].filter((info) => info.dirty).map((info) => info.path)),
    [infos],
  )
  const known = useMemo(() => new Set(list.data?.items.map((entry) => entry.path)), [list.data])
  const exists = useCallback((path: string) => known.has(path), [known])
  const acts = openedFileActs(id, {
    buffers,
    tabs,
    changeTabs,
    open: openPath,
    listAgain: list.refetch,
  })
  const failedChecks = tasks.review?.result?.checks.filter((check) => check.status === 'failed').length ?? 0
  const inActive = active === undefined ? undefined : proposed.files.get(active)

  const side = (
    <Side tab={sideTab} onTab={setSideTab} onHide={() => changePanes({ ...panes, side: false })}>
      {sideTab === 'files' ? (
        <FilesPanel
          name={project.name}
          entries={list.data?.items}
          truncated={list.data?.truncated ?? false}
          problem={list.error && !list.data ? inWords(list.error) : undefined}
          marks={proposed.marks}
          selected={active}
          kept={screen.first.folders}
          onKept={(folders) => keepScreen({ folders })}
          onSelect={(path) => openPath(path)}
          onProblem={fail}
          acts={acts}
        />
      ) : (
        <SearchPanel projectId={id} onOpen={(path, line, col) => openPath(path, { line, col })} />
      )}
    </Side>
  )

  const previewPane = (
    <PreviewPane
      preview={preview.preview}
      problem={preview.problem}
      files={preview.files}
      standing={preview.standing}
      onEvent={preview.hear}
      hasProposed={hasProposed}
      shows={hasProposed ? previewShows : 'yours'}
      onShows={setPreviewShows}
      onOpen={(path, line, col) => openPath(path, { line, col })}
      onFix={(error) =>
        askAgent(
          askToFix(error, hasProposed && previewShows === 'proposed'),
          error.path && error.line
            ? { file: error.path, line: error.line, col: error.column ?? 1 }
            : undefined,
        )
      }
      onAgain={preview.again}
    />
  )
  const previewAsTab = room === 'medium'

  const editor = (
    <section className="pane" aria-label="Editor" data-region="editor">
      <TabBar
        tabs={tabs}
        dirty={dirty}
        proposed={new Set(proposed.files.keys())}
        withPreview={previewAsTab}
        onSelect={(tab) => changeTabs(tab === PREVIEW_TAB ? { ...tabs, active: tab } : openTab(tabs, tab))}
        onClose={closePath}
      />
      {!project.available && (
        <Banner look="warn" icon={<FolderX className="i i--s" aria-hidden />}>
          The project’s folder is not there: {project.path}. What is open stays here until it is back.
        </Banner>
      )}
      {previewAsTab && (
        <div className="editor__preview" hidden={tabs.active !== PREVIEW_TAB}>
          {previewPane}
        </div>
      )}
      {active !== undefined ? (
        <FileView
          key={active}
          path={active}
          info={infos.get(active)}
          buffers={buffers}
          look={settings.editor}
          reveal={reveal?.path === active ? reveal.place : undefined}
          proposed={inActive && { text: inActive.text, hunks: inActive.placed, lost: inActive.lost.length }}
          showProposed={editorShows === 'proposed' && inActive !== undefined}
          onShowProposed={(shown) => setEditorShows(shown ? 'proposed' : 'yours')}
          standing={
            hasProposed
              ? { number: hunks.number, of: hunks.pending.length, failedChecks, busy: tasks.busy }
              : undefined
          }
          currentHunk={hunks.current?.hunk.id}
          onHunk={hunks.choose}
          onKeep={(hunk) => void keep(hunk)}
          onUndo={(hunk) => void undo(hunk)}
          onKeepAll={() => void keep()}
          onUndoAll={() => void undo()}
          onStep={stepChange}
          onReview={showReview}
          onCursor={(line, col) => setCursor({ line, col })}
          onClose={() => closePath(active)}
        />
      ) : tabs.active === PREVIEW_TAB ? null : (
        <div className="file-view__body">
          <Empty title="No file is open">Choose one on the left, or press Ctrl+P and type its name.</Empty>
        </div>
      )}
      <Dock
        open={dock}
        onOpen={setDock}
        problems={problems}
        previewError={preview.standing.error}
        lines={preview.lines}
        onPlace={(path, line, col) => openPath(path, { line, col })}
      />
    </section>
  )

  const agent = (
    <AgentPanel
      session={session}
      sessions={tasks.sessions}
      line={tasks.line.filter((task) => task.sessionId === session?.id)}
      running={tasks.running}
      draft={draft}
      onDraft={changeDraft}
      input={composer}
      suggestions={suggestionsFor(project.template ?? undefined, draft.mode)}
      context={active?.split('/').at(-1)}
      unavailable={project.available ? undefined : 'The project’s folder is not there.'}
      modelName={(model) => models.data?.items.find((each) => each.id === model)?.name ?? model}
      problem={tasks.problem}
      onSession={(next) => changeSession(next ?? null)}
      onSend={() => void send()}
      onStop={() => tasks.running && void tasks.cancel(tasks.running)}
      onReword={(task, prompt) => void tasks.reword(task, prompt)}
      acts={{
        exists,
        onPlace: (place) =>
          openPath(place.path, { line: place.line, col: 1, ...(place.end ? { end: place.end } : {}) }),
        onReview: () => (room === 'narrow' ? setPane('review') : setReviewing(true)),
        onRetry: (task) => void tasks.retry(task),
        onTakeBack: (task) => void tasks.takeBack(task),
        onModels: toModels,
        onStop: (task) => void tasks.cancel(task),
        onDrop: (task) => void tasks.cancel(task),
      }}
    />
  )

  const lastReviewed = useLast(tasks.review, tasks.tasks)
  const review = (
    <ReviewView
      task={lastReviewed}
      current={hunks.current?.hunk.id}
      onCurrent={hunks.choose}
      columns={columns}
      onColumns={(next) => {
        setColumns(next)
        keepScreen({ columns: next })
      }}
      busy={tasks.busy}
      problem={tasks.problem}
      conflicts={tasks.conflicts}
      onConflictsClosed={tasks.forget}
      paint={paint}
      acts={{
        keep: (hunk) => void keep(hunk),
        undo: (hunk, comment) => void undo(hunk, comment),
        keepAll: () => void keep(),
        undoAll: () => void undo(),
        takeBack: () => lastReviewed && void tasks.takeBack(lastReviewed),
      }}
      onOpen={(path, line) => openPath(path, { line, col: 1 })}
      onFix={(check) =>
        askAgent(
          `${check.name} fails on your changes:\n\n${check.output ?? ''}\n\nFind the cause and fix it.`,
        )
      }
      onAskAgain={() => {
        tasks.forget()
        if (lastReviewed) void tasks.retry(lastReviewed)
        setReviewing(false)
        setPane('agent')
      }}
    />
  )

  return (
    <Page
      title={project.name}
      start={<ProjectMenu project={project} />}
      end={
        <StudioEnd
          preset={showsReview ? 'review' : presetOf(panes)}
          onPreset={(preset: Preset) =>
            preset === 'review' ? setReviewing(true) : changePanes(PRESETS[preset])
          }
          reviewing={showsReview}
          pending={hunks.pending.length}
          onReview={showReview}
        />
      }
      searchFor="Search files and commands"
      status={<StatusCells problems={problems} onProblems={() => setDock('problems')} />}
      statusEnd={
        <StatusEnd
          path={active}
          info={active === undefined ? undefined : infos.get(active)}
          cursor={cursor}
          tabSize={settings.editor.tabSize}
          model={models.data?.items.find((each) => each.id === (draft.model ?? models.data?.default))}
          running={tasks.tasks.filter((task) => task.status === 'processing').length}
        />
      }
      switcher={
        room === 'narrow' && (
          <Switcher
            pane={pane}
            pending={hunks.pending.length}
            running={tasks.running !== undefined}
            onPane={setPane}
          />
        )
      }
    >
      <main className="studio" aria-label="Studio" data-testid="studio" data-room={room}>
        <h1 className="visually-hidden">{project.name}</h1>
        <Layout
          room={room}
          panes={panes}
          sizes={sizes}
          onSizes={(group, layout) => {
            const next = { ...sizes, [group]: layout }
            setSizes(next)
            keepScreen({ sizes: next })
          }}
          reviewing={reviewing}
          pane={pane}
          side={side}
          editor={editor}
          preview={previewAsTab ? null : previewPane}
          agent={agent}
          review={review}
        />
      </main>
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </Page>
  )
}

function draftFrom(kept: { text: string; mode: string; model: string | undefined } | undefined): Draft {
  const mode = MODES.find((each) => each.id === kept?.mode)?.id ?? 'patch'
  return { text: kept?.text ?? '', mode, model: kept?.model }
}

/** The change set under review; when all of it is decided, still that one, so that the last decision can be seen. */
function useLast(review: Task | undefined, tasks: readonly Task[]): Task | undefined {
  const [last, setLast] = useState<string>()
  if (review && review.id !== last) setLast(review.id)
  return review ?? tasks.find((task) => task.id === last)
}
