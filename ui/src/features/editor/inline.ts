// Proposed changes inside the editor: removed lines in zones of their own, added lines on green ground, a violet bar for
// who wrote them, and Keep and Undo beside each hunk.
import { monaco } from './monaco'

export type InlineHunk = {
  id: string
  line: number
  added: readonly { from: number; to: number }[]
  removed: readonly { after: number; lines: readonly string[] }[]
}

type Acts = { keep: (id: string) => void; undo: (id: string) => void; current: (id: string) => void }

export class InlineReview {
  readonly #editor: monaco.editor.IStandaloneCodeEditor
  readonly #acts: Acts
  readonly #decorations: monaco.editor.IEditorDecorationsCollection
  readonly #listeners: monaco.IDisposable[]
  #zones: string[] = []
  #hunks: readonly InlineHunk[] = []
  #widgets = new Map<string, { widget: monaco.editor.IOverlayWidget; node: HTMLElement }>()
  #current: string | undefined
  #hovered: string | undefined

  constructor(editor: monaco.editor.IStandaloneCodeEditor, acts: Acts) {
    this.#editor = editor
    this.#acts = acts
    this.#decorations = editor.createDecorationsCollection()
    this.#listeners = [
      editor.onDidScrollChange(() => this.#place()),
      editor.onDidLayoutChange(() => this.#place()),
      editor.onMouseMove((event) => this.#hover(event.target.position?.lineNumber)),
      editor.onMouseDown((event) => {
        const hunk = this.#at(event.target.position?.lineNumber)
        if (hunk) this.#acts.current(hunk.id)
      }),
      editor.onKeyDown((event) => this.#key(event)),
    ]
  }

  /** Draws the hunks of what `model` shows; nothing when there are none. */
  show(model: monaco.editor.ITextModel, hunks: readonly InlineHunk[]): void {
    this.#hunks = hunks
    this.#decorations.set(hunks.flatMap((hunk) => decorationsOf(hunk, model)))
    this.#editor.changeViewZones((accessor) => {
      for (const zone of this.#zones) accessor.removeZone(zone)
      this.#zones = hunks.flatMap((hunk) =>
        hunk.removed.map((run) => accessor.addZone(zoneOf(run, model, this.#editor))),
      )
    })
    for (const { widget } of this.#widgets.values()) this.#editor.removeOverlayWidget(widget)
    this.#widgets.clear()
    hunks.forEach((hunk, index) => {
      const node = this.#buttons(hunk, index + 1, hunks.length)
      const widget = { getId: () => `hunk-${hunk.id}`, getDomNode: () => node, getPosition: () => null }
      this.#widgets.set(hunk.id, { widget, node })
      this.#editor.addOverlayWidget(widget)
    })
    this.#place()
  }

  setCurrent(id: string | undefined): void {
    this.#current = id
    const hunk = this.#hunks.find((candidate) => candidate.id === id)
    if (hunk) this.#editor.revealLineInCenterIfOutsideViewport(hunk.line)
    this.#place()
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose()
  }

  #buttons(hunk: InlineHunk, number: number, of: number): HTMLElement {
    const node = document.createElement('div')
    node.className = 'hunk-actions'
    node.setAttribute('role', 'group')
    node.setAttribute('aria-label', `Change ${number} of ${of}, line ${hunk.line}`)
    node.dataset['testid'] = 'inline-hunk'
    node.append(
      button('Undo', 'N', () => this.#acts.undo(hunk.id)),
      button('Keep', 'Y', () => this.#acts.keep(hunk.id)),
    )
    // Monaco takes a press for the start of a selection.
    node.addEventListener('mousedown', (event) => event.stopPropagation())
    return node
  }

  #place(): void {
    const { contentLeft, width, verticalScrollbarWidth } = this.#editor.getLayoutInfo()
    const top = this.#editor.getScrollTop()
    for (const hunk of this.#hunks) {
      const node = this.#widgets.get(hunk.id)?.node
      if (!node) continue
      const first = hunk.removed[0]
      const zoneAbove = first !== undefined && first.after < hunk.line ? first.lines.length : 0
      const lineTop = this.#editor.getTopForLineNumber(Math.max(hunk.line, 1))
      const y = lineTop - zoneAbove * this.#editor.getOption(monaco.editor.EditorOption.lineHeight) - top
      const shown = hunk.id === this.#current || hunk.id === this.#hovered
      node.style.top = `${Math.max(y - 2, -2)}px`
      node.style.right = `${verticalScrollbarWidth + 14}px`
      node.style.maxWidth = `${width - contentLeft - 24}px`
      const far = y < -200 || y > this.#editor.getLayoutInfo().height
      node.dataset['shown'] = String(shown && !far)
      node.hidden = far
    }
  }

  #hover(line: number | undefined): void {
    const id = this.#at(line)?.id
    if (id === this.#hovered) return
    this.#hovered = id
    this.#place()
  }

  #at(line: number | undefined): InlineHunk | undefined {
    if (line === undefined) return undefined
    return this.#hunks.find(
      (hunk) =>
        hunk.added.some((run) => line >= run.from && line <= run.to) ||
        hunk.removed.some((run) => line === run.after || line === run.after + 1),
    )
  }

  #key(event: monaco.IKeyboardEvent): void {
    if (this.#hunks.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return
    // In a text that can be typed in, letters are text.
    if (!this.#editor.getOption(monaco.editor.EditorOption.readOnly)) return
    const id = this.#at(this.#editor.getPosition()?.lineNumber)?.id ?? this.#current
    if (id === undefined) return
    if (event.keyCode === monaco.KeyCode.KeyY) this.#acts.keep(id)
    else if (event.keyCode === monaco.KeyCode.KeyN) this.#acts.undo(id)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}

function button(label: string, key: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = `btn btn--quiet ${label === 'Keep' ? 'ok' : ''}`
  made.setAttribute('aria-keyshortcuts', key)
  const kbd = document.createElement('kbd')
  kbd.className = 'kbd'
  kbd.textContent = key
  kbd.setAttribute('aria-hidden', 'true')
  made.append(label, kbd)
  made.addEventListener('click', act)
  return made
}

function decorationsOf(
  hunk: InlineHunk,
  model: monaco.editor.ITextModel,
): monaco.editor.IModelDeltaDecoration[] {
  const style = getComputedStyle(document.documentElement)
  const color = style.getPropertyValue('--ai').trim()
  const last = model.getLineCount()
  const whole = hunk.added.map((run) => ({
    range: new monaco.Range(Math.min(run.from, last), 1, Math.min(run.to, last), 1),
    options: {
      isWholeLine: true,
      className: 'hunk-added',
      linesDecorationsClassName: 'hunk-added-mark',
      overviewRuler: { color, position: monaco.editor.OverviewRulerLane.Full },
    },
  }))
  if (whole.length > 0) return whole
  const line = Math.min(Math.max(hunk.line, 1), last)
  return [
    {
      range: new monaco.Range(line, 1, line, 1),
      options: { overviewRuler: { color, position: monaco.editor.OverviewRulerLane.Full } },
    },
  ]
}

function zoneOf(
  run: { readonly after: number; readonly lines: readonly string[] },
  model: monaco.editor.ITextModel,
  editor: monaco.editor.IStandaloneCodeEditor,
): monaco.editor.IViewZone {
  const node = document.createElement('div')
  node.className = 'hunk-removed'
  node.setAttribute('aria-label', `Removed: ${run.lines.join('\n')}`)
  const text = document.createElement('div')
  text.className = 'hunk-removed__text'
  text.textContent = run.lines.join('\n')
  node.append(text)
  editor.applyFontInfo(text)
  // Monaco's own coloured output, from text that it escapes itself.
  void monaco.editor
    .colorize(run.lines.join('\n'), model.getLanguageId(), { tabSize: model.getOptions().tabSize })
    .then((html) => {
      text.innerHTML = html
    })
  const margin = document.createElement('div')
  margin.className = 'hunk-removed-margin'
  for (const _ of run.lines) {
    const sign = document.createElement('span')
    sign.textContent = '−'
    margin.append(sign)
  }
  return {
    afterLineNumber: run.after,
    heightInLines: run.lines.length,
    domNode: node,
    marginDomNode: margin,
    suppressMouseDown: true,
  }
}
