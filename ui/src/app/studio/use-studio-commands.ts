// The studio's commands, by name and by keys.
import { useMemo, useRef } from 'react'
import { type Command, useRegister } from '../../shell/commands'

export type StudioActs = {
  save: () => void
  saveAll: () => void
  closeTab: () => void
  search: () => void
  side: () => void
  dock: () => void
  preview: () => void
  reloadPreview: () => void
  composer: () => void
  review: () => void
  nextChange: () => void
  previousChange: () => void
  keepAll: () => void
  undoAll: () => void
  keep: () => void
  undo: () => void
  stop: () => void
  newConversation: () => void
  build: () => void
  code: () => void
  focus: () => void
}

const LIST: readonly (readonly [act: keyof StudioActs, id: string, title: string, keys?: string])[] = [
  ['save', 'editor.save', 'Save', 'Mod+S'],
  ['saveAll', 'editor.save-all', 'Save all', 'Mod+Alt+S'],
  ['closeTab', 'editor.close', 'Close the tab', 'Alt+W'],
  ['search', 'files.search', 'Search in files', 'Mod+Shift+F'],
  ['side', 'view.side', 'Show or hide the side panel', 'Mod+B'],
  ['dock', 'view.panel', 'Show or hide the panel', 'Mod+J'],
  ['preview', 'view.preview', 'Show or hide the preview', 'Mod+Shift+V'],
  ['reloadPreview', 'preview.reload', 'Reload the preview'],
  ['composer', 'agent.focus', 'Ask the agent', 'Mod+Alt+I'],
  ['review', 'review.open', 'Open or leave the review', 'Mod+Shift+R'],
  ['nextChange', 'review.next', 'Next change', 'Alt+F5'],
  ['previousChange', 'review.previous', 'Previous change', 'Shift+Alt+F5'],
  ['keepAll', 'review.keep-all', 'Keep all changes', 'Mod+Shift+Enter'],
  ['undoAll', 'review.undo-all', 'Undo all changes', 'Mod+Shift+Backspace'],
  ['keep', 'review.keep', 'Keep this change', 'Mod+Enter'],
  ['undo', 'review.undo', 'Undo this change', 'Mod+Backspace'],
  ['stop', 'agent.stop', 'Stop the agent', 'Mod+Escape'],
  ['newConversation', 'agent.new', 'New conversation'],
  ['build', 'layout.build', 'Layout: build'],
  ['code', 'layout.code', 'Layout: code'],
  ['focus', 'layout.focus', 'Layout: focus'],
]

/** Registers them for as long as the studio is shown; the newest `acts` run. */
export function useStudioCommands(acts: StudioActs, reviewing: boolean): void {
  const latest = useRef(acts)
  latest.current = acts
  const commands = useMemo(
    () =>
      LIST.map(([act, id, title, keys]): Command => {
        // Elsewhere these keys belong to the text: a line below, a word before.
        const here = !reviewing && (act === 'keep' || act === 'undo') ? undefined : keys
        const run = () => latest.current[act]()
        return { id, title, run, ...(here === undefined ? {} : { keys: here }) }
      }),
    [reviewing],
  )
  useRegister(commands)
}
