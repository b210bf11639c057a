// What the previewed page printed.
import { CircleAlert, Terminal, TriangleAlert } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Empty } from '../../kit/feedback'
import type { ConsoleLine } from './console-lines'

export function ConsolePanel({ lines }: { lines: readonly ConsoleLine[] }) {
  const end = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: news scroll to the end
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [lines])
  if (lines.length === 0) {
    return (
      <Empty title="Nothing printed yet" icon={<Terminal className="i" aria-hidden />}>
        What the page says to its console is shown here.
      </Empty>
    )
  }
  return (
    <div className="console" role="log" aria-label="Console" data-testid="console">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines only come at the end
        <div key={index} className="console__line" data-level={line.level}>
          {line.level === 'error' && <CircleAlert className="i i--xs error" aria-label="error" />}
          {line.level === 'warn' && <TriangleAlert className="i i--xs warn" aria-label="warning" />}
          {line.level !== 'error' && line.level !== 'warn' && <span className="i--gap" />}
          <span className="code">{line.text}</span>
        </div>
      ))}
      <div ref={end} />
    </div>
  )
}
