// Keys, as they stand on this computer's keyboard.

const isMac = navigator.platform.startsWith('Mac')
const NAMES: Record<string, string> = isMac
  ? { Mod: '⌘', Shift: '⇧', Alt: '⌥', Ctrl: '⌃', Enter: '↵', Backspace: '⌫' }
  : { Mod: 'Ctrl', Enter: '↵', Backspace: '⌫' }

/** `Mod+Shift+P` as the words for each key. */
export function keyNames(keys: string): string[] {
  return keys.split('+').map((key) => NAMES[key] ?? key)
}

export function Keys({ keys }: { keys: string }) {
  return (
    <kbd className="kbd">
      {keyNames(keys).map((name) => (
        <span key={name}>{name}</span>
      ))}
    </kbd>
  )
}
