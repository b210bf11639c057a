// Keys to commands. Single letters are the screens' own; here are only chords.
import { useEffect } from 'react'
import { type Command, runCommand, useCommands } from './commands'

const isMac = navigator.platform.startsWith('Mac')

/** Whether an event is the chord `keys`. */
export function isChord(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split('+')
  const key = parts.pop() ?? ''
  const mod = parts.includes('Mod')
  return (
    (isMac ? event.metaKey : event.ctrlKey) === mod &&
    event.shiftKey === parts.includes('Shift') &&
    event.altKey === parts.includes('Alt') &&
    (event.key.toLowerCase() === key.toLowerCase() || event.code === `Key${key.toUpperCase()}`)
  )
}

/** The command for an event, if one has its keys; the one registered last wins. */
export function commandFor(event: KeyboardEvent, commands: Command[]): Command | undefined {
  return commands.findLast((command) => command.keys !== undefined && isChord(event, command.keys))
}

/** Listens for chords, and for the desktop's native menu, which runs commands by id. */
export function useKeyboard(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandFor(event, useCommands.getState().commands)
      if (!command) return
      event.preventDefault()
      event.stopPropagation()
      command.run()
    }
    const onMenu = (event: Event) => {
      if (event instanceof CustomEvent && typeof event.detail === 'string') runCommand(event.detail)
    }
    window.addEventListener('keydown', onKey, { capture: true })
    window.addEventListener('tidemark:command', onMenu)
    return () => {
      window.removeEventListener('keydown', onKey, { capture: true })
      window.removeEventListener('tidemark:command', onMenu)
    }
  }, [])
}
