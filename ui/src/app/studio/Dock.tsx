// The bottom of the editor: what is wrong, and what the page printed.
import { CircleAlert, CircleCheck, PanelBottom, TriangleAlert } from 'lucide-react'
import type { FileProblem } from '../../features/editor/problems'
import type { ConsoleLine } from '../../features/preview/console-lines'
import { ConsolePanel } from '../../features/preview/console-panel'
import type { PreviewError } from '../../features/preview/errors'
import { IconButton } from '../../kit/button'
import { Empty } from '../../kit/feedback'

export type DockTab = 'problems' | 'console'

type DockProps = {
  open: DockTab | undefined
  onOpen: (tab: DockTab | undefined) => void
  problems: readonly FileProblem[]
  previewError: PreviewError | undefined
  lines: readonly ConsoleLine[]
  onPlace: (path: string, line: number, column: number) => void
}

export function Dock({ open, onOpen, problems, previewError, lines, onPlace }: DockProps) {
  const flip = (tab: DockTab) => onOpen(open === tab ? undefined : tab)
  const found = problems.length + (previewError ? 1 : 0)
  return (
    <div className="dock-box" data-region="dock">
      {open && (
        <div className="dock-body" role="tabpanel" aria-label={open === 'problems' ? 'Problems' : 'Console'}>
          {open === 'console' ? (
            <ConsolePanel lines={lines} />
          ) : found === 0 ? (
            <Empty title="No problems found" icon={<CircleCheck className="i" aria-hidden />}>
              In the project’s sources, and in the preview.
            </Empty>
          ) : (
            <ul aria-label="Problems">
              {previewError && (
                <Row
                  severity="error"
                  text={`Preview: ${previewError.title}: ${previewError.message}`}
                  place={
                    previewError.path
                      ? {
                          path: previewError.path,
                          line: previewError.line ?? 1,
                          column: previewError.column ?? 1,
                        }
                      : undefined
                  }
                  onPlace={onPlace}
                />
              )}
              {problems.map((problem) => (
                <Row
                  key={`${problem.path}:${problem.line}:${problem.column}:${problem.message}`}
                  severity={problem.severity}
                  text={problem.message}
                  place={problem}
                  onPlace={onPlace}
                />
              ))}
            </ul>
          )}
        </div>
      )}
      <div className="dock hide-narrow">
        <div className="dock__tabs" role="tablist" aria-label="Panel">
          <button
            type="button"
            role="tab"
            aria-selected={open === 'problems'}
            data-testid="dock-problems"
            onClick={() => flip('problems')}
          >
            Problems<span className="faint num">{found}</span>
          </button>
          <button
            type="button"
            role="tab"
            aria-selected={open === 'console'}
            data-testid="dock-console"
            onClick={() => flip('console')}
          >
            Console<span className="faint num">{lines.length}</span>
          </button>
        </div>
        <span className="grow" />
        <IconButton
          label={open ? 'Close the panel' : 'Open the panel'}
          keys="Mod+J"
          pressed={open !== undefined}
          onClick={() => onOpen(open ? undefined : 'problems')}
        >
          <PanelBottom className="i i--s" aria-hidden />
        </IconButton>
      </div>
    </div>
  )
}

type RowProps = {
  severity: 'error' | 'warning'
  text: string
  place: { path: string; line: number; column: number } | undefined
  onPlace: (path: string, line: number, column: number) => void
}

function Row({ severity, text, place, onPlace }: RowProps) {
  const Icon = severity === 'error' ? CircleAlert : TriangleAlert
  return (
    <li>
      <button
        type="button"
        className="problem-row"
        onClick={() => place && onPlace(place.path, place.line, place.column)}
      >
        <Icon className={`i i--s ${severity === 'error' ? 'error' : 'warn'}`} aria-label={severity} />
        <span className="clip">{text}</span>
        {place && (
          <span className="push small faint num">
            {place.path.split('/').at(-1)}:{place.line}
          </span>
        )}
      </button>
    </li>
  )
}
