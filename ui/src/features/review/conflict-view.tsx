// Why an accept wrote nothing: the places where the person's edit and the agent's meet, with all three sides.
import { GitMerge } from 'lucide-react'
import { Button } from '../../kit/button'
import { Banner } from '../../kit/feedback'
import { FileIcon } from '../../kit/file-icon'
import type { Conflict } from '../../server/types'

type ConflictViewProps = {
  conflicts: readonly Conflict[]
  onOpen: (path: string, line: number) => void
  onAskAgain: () => void
  onClose: () => void
}

export function ConflictView({ conflicts, onOpen, onAskAgain, onClose }: ConflictViewProps) {
  return (
    <section className="conflicts" aria-label="Conflicts" data-testid="conflicts">
      <Banner
        look="warn"
        icon={<GitMerge className="i i--s" aria-hidden />}
        action={
          <span className="row">
            <Button size="sm" look="quiet" onClick={onClose}>
              Close
            </Button>
            <Button size="sm" onClick={onAskAgain}>
              Ask the agent again
            </Button>
          </span>
        }
      >
        <b>Your edits meet the agent’s.</b> Nothing was written. Change your lines, keep the other changes one
        by one, or ask again on your newest text.
      </Banner>
      {conflicts.map((conflict) => (
        <div key={conflict.path} className="conflict">
          <div className="file-head conflict__head">
            <FileIcon path={conflict.path} />
            <b className="clip">{conflict.path}</b>
            <span className="muted small">{kindInWords(conflict.kind)}</span>
            <span className="push" />
            <Button
              size="sm"
              look="quiet"
              onClick={() => onOpen(conflict.path, conflict.regions?.[0]?.currentLine ?? 1)}
            >
              Open
            </Button>
          </div>
          {(conflict.regions ?? []).map((region) => (
            <div key={region.currentLine} className="conflict__sides">
              <Side title={`Yours, line ${region.currentLine}`} lines={region.current} />
              <Side title="Before both" lines={region.base} />
              <Side title="The agent’s" lines={region.proposed} ai />
            </div>
          ))}
        </div>
      ))}
    </section>
  )
}

function Side({ title, lines, ai }: { title: string; lines: readonly string[]; ai?: boolean }) {
  return (
    <div className="conflict__side">
      <div className={ai ? 'conflict__title ai' : 'conflict__title'}>{title}</div>
      <pre className="code">{lines.length > 0 ? lines.join('\n') : 'Nothing here'}</pre>
    </div>
  )
}

function kindInWords(kind: Conflict['kind']): string {
  switch (kind) {
    case 'overlap':
      return 'Both sides changed the same lines'
    case 'deleted_by_you':
      return 'The agent changes a file that you deleted'
    case 'changed_by_you':
      return 'The agent deletes or replaces a file that you changed'
    case 'exists':
      return 'The agent adds a file where there is one now'
    case 'binary':
      return 'It is no text, and both sides changed it'
  }
}
