// The files that are open at first: those that were when the screen was left, or one of a project that was never opened.
import { useEffect, useRef } from 'react'
import type { Buffers } from '../../features/editor/buffers'
import type { Tabs } from '../../features/editor/tabs'

/** The first of these that is there. */
const FIRST_FILES = [
  'src/App.tsx',
  'src/App.jsx',
  'src/App.js',
  'src/main.tsx',
  'src/index.tsx',
  'README.md',
  'index.html',
]

export function useFirstFiles(
  items: readonly { path: string }[] | undefined,
  tabs: Tabs,
  setTabs: (tabs: Tabs) => void,
  buffers: Buffers,
) {
  const started = useRef(false)
  useEffect(() => {
    if (started.current || !items) return
    started.current = true
    const there = new Set(items.map((entry) => entry.path))
    const kept = tabs.open.filter((path) => there.has(path))
    const first = kept.length > 0 ? kept : FIRST_FILES.filter((path) => there.has(path)).slice(0, 1)
    const next = { open: first, active: tabs.active && first.includes(tabs.active) ? tabs.active : first[0] }
    setTabs(next)
    for (const path of first) void buffers.open(path)
  }, [items, tabs, setTabs, buffers])
}
