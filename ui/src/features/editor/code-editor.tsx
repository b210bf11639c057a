// One Monaco editor that shows whichever model it is given, and remembers where each was left.
import { useEffect, useRef } from 'react'
import { type InlineHunk, InlineReview } from './inline'
import { applyTheme, monaco } from './monaco'
import { THEME } from './theme'

export type EditorLook = {
  fontSize: number
  tabSize: number
  wordWrap: boolean
  minimap: boolean
}

export type Place = { line: number; col: number; end?: number }

type CodeEditorProps = {
  model: monaco.editor.ITextModel
  label: string
  look: EditorLook
  /** Why it can't be typed in; nothing when it can. */
  readOnly?: string | undefined
  /** Go there, once per object. */
  reveal?: Place | undefined
  hunks?: readonly InlineHunk[] | undefined
  currentHunk?: string | undefined
  onHunk?: (id: string) => void
  onKeep?: (id: string) => void
  onUndo?: (id: string) => void
  onCursor: (line: number, col: number) => void
  onFocus?: () => void
}

export function CodeEditor(props: CodeEditorProps) {
  const { model, look, label, readOnly, reveal, hunks, currentHunk } = props
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(undefined)
  const review = useRef<InlineReview>(undefined)
  const views = useRef(new Map<string, monaco.editor.ICodeEditorViewState>())
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (!host.current) return
    applyTheme()
    const made = monaco.editor.create(host.current, {
      model: null,
      theme: THEME,
      automaticLayout: true,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      fontLigatures: false,
      lineHeight: 20,
      lineNumbersMinChars: 4,
      lineDecorationsWidth: 18,
      glyphMargin: false,
      folding: false,
      renderLineHighlight: 'line',
      renderLineHighlightOnlyWhenFocus: false,
      overviewRulerLanes: 3,
      overviewRulerBorder: false,
      hideCursorInOverviewRuler: true,
      scrollBeyondLastLine: false,
      smoothScrolling: false,
      stickyScroll: { enabled: false },
      bracketPairColorization: { enabled: false },
      unicodeHighlight: { nonBasicASCII: false },
      fixedOverflowWidgets: true,
      padding: { top: 2, bottom: 12 },
      scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
      guides: { indentation: false },
      occurrencesHighlight: 'off',
      tabFocusMode: false,
    })
    editor.current = made
    const inline = new InlineReview(made, {
      keep: (id) => latest.current.onKeep?.(id),
      undo: (id) => latest.current.onUndo?.(id),
      current: (id) => latest.current.onHunk?.(id),
    })
    review.current = inline
    const undo = [
      made.onDidChangeCursorPosition(({ position }) =>
        latest.current.onCursor(position.lineNumber, position.column),
      ),
      made.onDidFocusEditorText(() => latest.current.onFocus?.()),
    ]
    const themed = new MutationObserver(applyTheme)
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      themed.disconnect()
      for (const each of undo) each.dispose()
      inline.dispose()
      made.dispose()
    }
  }, [])

  useEffect(() => {
    const shown = editor.current
    if (!shown) return
    shown.setModel(model)
    const key = model.uri.toString()
    const left = views.current.get(key)
    if (left) shown.restoreViewState(left)
    else shown.setScrollTop(0)
    const at = shown.getPosition()
    if (at) latest.current.onCursor(at.lineNumber, at.column)
    return () => {
      const view = shown.saveViewState()
      if (view && shown.getModel() === model) views.current.set(key, view)
    }
  }, [model])

  useEffect(() => {
    editor.current?.updateOptions({
      readOnly: readOnly !== undefined,
      ...(readOnly === undefined ? {} : { readOnlyMessage: { value: readOnly } }),
      renderValidationDecorations: readOnly === undefined ? 'editable' : 'off',
      ariaLabel: label,
      fontSize: look.fontSize,
      lineHeight: Math.round(look.fontSize * 1.54),
      wordWrap: look.wordWrap ? 'on' : 'off',
      minimap: { enabled: look.minimap },
    })
    model.updateOptions({ tabSize: look.tabSize })
  }, [readOnly, label, look, model])

  useEffect(() => {
    review.current?.show(model, hunks ?? [])
  }, [model, hunks])

  useEffect(() => {
    review.current?.setCurrent(currentHunk)
  }, [currentHunk])

  useEffect(() => {
    const shown = editor.current
    if (!shown || !reveal) return
    const line = Math.min(reveal.line, model.getLineCount())
    shown.setPosition({ lineNumber: line, column: reveal.col })
    if (reveal.end !== undefined) {
      shown.setSelection(new monaco.Range(line, reveal.col, Math.min(reveal.end, model.getLineCount()), 1))
    }
    shown.revealLineInCenter(line)
    shown.focus()
  }, [reveal, model])

  return <div ref={host} className="code-host" data-testid="code-editor" />
}
