// A question that is asked before something goes away. The safe answer comes first and has the focus.
import { Button } from './button'
import { Dialog } from './dialog'

export type Question = {
  title: string
  text: string
  /** The answer that changes nothing. */
  safe: string
  act: { label: string; danger?: boolean; run: () => void }
  /** A third way between the two. */
  other?: { label: string; run: () => void }
}

export function Confirm({ question, onClose }: { question: Question | undefined; onClose: () => void }) {
  const answer = (run: () => void) => () => {
    onClose()
    run()
  }
  return (
    <Dialog
      open={question !== undefined}
      onClose={onClose}
      title={question?.title ?? ''}
      foot={
        question && (
          <>
            <Button look="quiet" autoFocus onClick={onClose}>
              {question.safe}
            </Button>
            {question.other && <Button onClick={answer(question.other.run)}>{question.other.label}</Button>}
            <Button
              look={question.act.danger ? 'danger-solid' : 'primary'}
              onClick={answer(question.act.run)}
            >
              {question.act.label}
            </Button>
          </>
        )
      }
    >
      <p className="muted">{question?.text}</p>
    </Dialog>
  )
}
