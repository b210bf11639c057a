// Everything a person can do by name or by keys. A screen registers its commands while it is shown; the palette, the
// native menu and the keyboard all run them from here.
import { useEffect } from 'react'
import { create } from 'zustand'

export type Command = {
  /** `area.verb`, such as `editor.save`. */
  id: string
  title: string
  /** `Mod+Shift+P`; `Mod` is ⌘ or Ctrl. */
  keys?: string
  run: () => void
}

type Registry = { commands: Command[]; add: (commands: Command[]) => () => void }

export const useCommands = create<Registry>((set) => ({
  commands: [],
  add: (added) => {
    set((state) => ({ commands: [...state.commands, ...added] }))
    return () => set((state) => ({ commands: state.commands.filter((command) => !added.includes(command)) }))
  },
}))

/** Registers commands for as long as the component is mounted. Keep the array's identity with `useMemo`. */
export function useRegister(commands: Command[]): void {
  useEffect(() => useCommands.getState().add(commands), [commands])
}

/** Runs a command by id; the one registered last wins, since it belongs to what is in front. */
export function runCommand(id: string): boolean {
  const command = useCommands.getState().commands.findLast((candidate) => candidate.id === id)
  command?.run()
  return command !== undefined
}
