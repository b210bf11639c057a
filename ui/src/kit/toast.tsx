// Short news at the edge, with a way back where there is one. Never the only place where a failure is told.
import { X } from 'lucide-react'
import { create } from 'zustand'
import { Button, IconButton } from './button'

type Toast = { id: number; text: string; action?: { label: string; run: () => void } | undefined }

type Store = {
  items: Toast[]
  show: (text: string, action?: Toast['action']) => void
  dismiss: (id: number) => void
}

const SHOWN_MS = 8_000
let next = 1

const useToasts = create<Store>((set) => ({
  items: [],
  show: (text, action) => {
    const id = next++
    set((state) => ({ items: [...state.items.slice(-2), { id, text, action }] }))
    setTimeout(() => set((state) => ({ items: state.items.filter((item) => item.id !== id) })), SHOWN_MS)
  },
  dismiss: (id) => set((state) => ({ items: state.items.filter((item) => item.id !== id) })),
}))

export function toast(text: string, action?: Toast['action']): void {
  useToasts.getState().show(text, action)
}

export function Toasts() {
  const { items, dismiss } = useToasts()
  return (
    <div className="toasts" role="status" aria-live="polite">
      {items.map((item) => (
        <div key={item.id} className="toast">
          <span>{item.text}</span>
          {item.action && (
            <Button
              size="sm"
              look="accent"
              onClick={() => {
                item.action?.run()
                dismiss(item.id)
              }}
            >
              {item.action.label}
            </Button>
          )}
          <IconButton label="Dismiss" onClick={() => dismiss(item.id)}>
            <X className="i i--s" aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  )
}
