import { Component } from 'react'
import type { ReactNode } from 'react'

type Props = { children: ReactNode }
type State = { error: Error | null }

/** Says what happened when something inside throws, and offers to try again. */
export class ErrorState extends Component<Props, State> {
  state: State = { error: null }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <section className="error-state" role="alert">
        <h2>Something went wrong</h2>
        <p>{error.message}</p>
        <button onClick={() => this.setState({ error: null })}>Try again</button>
      </section>
    )
  }
}
