// A defect of the page: says so, keeps the work, offers a fresh start.
import { Component, type ReactNode } from 'react'
import { Button } from '../kit/button'
import { ProblemCard } from '../kit/feedback'

export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <main className="centre">
        <ProblemCard
          title="The page ran into a defect"
          action={
            <Button look="primary" onClick={() => location.reload()}>
              Load the page again
            </Button>
          }
        >
          Files and tasks are safe: they are with the engine, not in this page. {error.message}
        </ProblemCard>
      </main>
    )
  }
}
