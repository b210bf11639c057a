//! The editor's colours out of the design tokens, as tokens.css maps them.

export const THEME = 'tidemark'

interface Tokens {
  getPropertyValue(name: string): string
  readonly colorScheme?: string
}

interface Theme {
  base: 'vs' | 'vs-dark' | 'hc-black' | 'hc-light'
  inherit: boolean
  rules: { token: string; foreground?: string; fontStyle?: string }[]
  colors: Record<string, string>
}

const CHROME: readonly (readonly [string, string])[] = [
  ['editor.background', '--bg'],
  ['editor.foreground', '--syn-var'],
  ['editorGutter.background', '--bg'],
  ['editorLineNumber.foreground', '--text-faint'],
  ['editorLineNumber.activeForeground', '--text'],
  ['editor.lineHighlightBackground', '--editor-line'],
  ['editor.selectionBackground', '--editor-selection'],
  ['editor.inactiveSelectionBackground', '--editor-selection'],
  ['editorCursor.foreground', '--accent'],
  ['editorIndentGuide.background1', '--editor-guide'],
  ['editorIndentGuide.activeBackground1', '--border-control'],
  ['editorWidget.background', '--raised'],
  ['editorWidget.border', '--border'],
  ['editorWidget.foreground', '--text'],
  ['editorSuggestWidget.background', '--raised'],
  ['editorSuggestWidget.border', '--border'],
  ['editorSuggestWidget.selectedBackground', '--selected'],
  ['editorSuggestWidget.selectedForeground', '--text'],
  ['editorHoverWidget.background', '--raised'],
  ['editorHoverWidget.border', '--border'],
  ['editorError.foreground', '--error'],
  ['editorWarning.foreground', '--warn'],
  ['editorInfo.foreground', '--accent'],
  ['editorBracketMatch.background', '--hover'],
  ['editorBracketMatch.border', '--border-control'],
  ['editorOverviewRuler.border', '--editor-guide'],
  ['editorStickyScroll.background', '--bg'],
  ['editorStickyScrollHover.background', '--editor-line'],
  ['editorGutter.addedBackground', '--diff-added-mark'],
  ['editorGutter.deletedBackground', '--diff-removed-mark'],
  ['diffEditor.insertedLineBackground', '--diff-added-bg'],
  ['diffEditor.insertedTextBackground', '--diff-added-word'],
  ['diffEditor.removedLineBackground', '--diff-removed-bg'],
  ['diffEditor.removedTextBackground', '--diff-removed-word'],
  ['diffEditor.border', '--border'],
  ['diffEditor.diagonalFill', '--sunk'],
  ['scrollbarSlider.background', '--hover'],
  ['scrollbarSlider.hoverBackground', '--active'],
  ['scrollbarSlider.activeBackground', '--active'],
  ['focusBorder', '--accent'],
  ['foreground', '--text'],
  ['widget.border', '--border'],
  ['input.background', '--bg'],
  ['input.foreground', '--text'],
  ['input.border', '--border-strong'],
  ['inputOption.activeBackground', '--accent-bg'],
  ['inputOption.activeForeground', '--accent'],
  ['inputOption.activeBorder', '--accent-border'],
  ['list.hoverBackground', '--hover'],
  ['list.focusBackground', '--selected'],
  ['list.focusForeground', '--text'],
  ['list.highlightForeground', '--accent'],
  ['quickInput.background', '--raised'],
  ['quickInput.foreground', '--text'],
  ['quickInputList.focusBackground', '--selected'],
  ['quickInputList.focusForeground', '--text'],
  ['menu.background', '--raised'],
  ['menu.foreground', '--text'],
  ['menu.selectionBackground', '--selected'],
  ['menu.selectionForeground', '--text'],
  ['menu.border', '--border'],
  ['menu.separatorBackground', '--border'],
  ['peekViewEditor.background', '--bg'],
  ['peekViewResult.background', '--panel'],
  ['peekViewTitle.background', '--panel'],
  ['peekView.border', '--border'],
]

const SYNTAX: readonly (readonly [string, string])[] = [
  ['', '--syn-var'],
  ['invalid', '--syn-var'],
  ['identifier', '--syn-var'],
  ['keyword', '--syn-keyword'],
  ['string', '--syn-string'],
  ['regexp', '--syn-string'],
  ['number', '--syn-number'],
  ['constant', '--syn-number'],
  ['type', '--syn-type'],
  ['type.identifier', '--syn-type'],
  ['tag', '--syn-type'],
  ['metatag', '--syn-type'],
  ['function', '--syn-fn'],
  ['identifier.function', '--syn-fn'],
  ['attribute.name', '--syn-attr'],
  ['attribute.value', '--syn-string'],
  ['attribute.value.number', '--syn-number'],
  ['attribute.value.unit', '--syn-number'],
  ['string.key.json', '--syn-attr'],
  ['string.value.json', '--syn-string'],
  ['keyword.json', '--syn-number'],
  ['comment', '--syn-comment'],
  ['delimiter', '--syn-punct'],
  ['operator', '--syn-punct'],
]

/** The theme for what the page's tokens are now. */
export function monacoTheme(tokens: Tokens): Theme {
  const value = (name: string) => hex(tokens.getPropertyValue(name))
  const dark = luminance(value('--bg')) < 0.4
  const brackets = Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((n) => [`editorBracketHighlight.foreground${n}`, value('--syn-punct')]),
  )
  return {
    base: dark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: SYNTAX.map(([token, name]) => ({ token, foreground: value(name).slice(1) })),
    colors: { ...brackets, ...Object.fromEntries(CHROME.map(([role, name]) => [role, value(name)])) },
  }
}

/** `#RGB` and blanks made into what Monaco takes; it refuses everything but 6 or 8 digits. */
export function hex(text: string): string {
  const color = text.trim()
  if (/^#([0-9a-f]{6}|[0-9a-f]{8})$/i.test(color)) return color
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color)
  if (short) return `#${[short[1], short[2], short[3]].map((digit) => `${digit}${digit}`).join('')}`
  return '#808080'
}

function luminance(color: string): number {
  const channel = (at: number) => Number.parseInt(color.slice(at, at + 2), 16) / 255
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
