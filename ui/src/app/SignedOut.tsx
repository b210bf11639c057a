// Opened without a code, or by a code that was used: says how to get in.
import { KeyRound } from 'lucide-react'
import { Empty } from '../kit/feedback'
import { Mark } from '../kit/mark'

export function SignedOut() {
  return (
    <main className="centre">
      <Empty title="This address needs a fresh code" icon={<KeyRound className="i" aria-hidden />}>
        For your safety each address works once. Open Tidemark again, or take the newest address that{' '}
        <code>tidemark</code> printed in the terminal.
      </Empty>
      <Mark />
    </main>
  )
}
