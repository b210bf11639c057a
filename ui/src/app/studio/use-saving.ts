// What was typed reaches the disk by itself when the settings say so, and is not left behind without a word.
import { useEffect } from 'react'
import type { Buffers } from '../../features/editor/buffers'

const AUTO_SAVE_MS = 1_000

export function useSaving(buffers: Buffers, autoSave: boolean) {
  useEffect(() => {
    if (!autoSave) return
    const timers = new Map<string, ReturnType<typeof setTimeout>>()
    const stop = buffers.onText((path) => {
      clearTimeout(timers.get(path))
      timers.set(
        path,
        setTimeout(() => {
          if (buffers.snapshot().get(path)?.dirty && !buffers.snapshot().get(path)?.clash)
            void buffers.save(path)
        }, AUTO_SAVE_MS),
      )
    })
    return () => {
      stop()
      for (const timer of timers.values()) clearTimeout(timer)
    }
  }, [autoSave, buffers])
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (buffers.dirty().length > 0) event.preventDefault()
    }
    window.addEventListener('beforeunload', onLeave)
    return () => window.removeEventListener('beforeunload', onLeave)
  }, [buffers])
}
