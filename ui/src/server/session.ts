// The credential of this page: the one-time code of the address, exchanged for a token that lives as long as the tab.

const KEY = 'tidemark.token'

/** The token, once it is known; nothing when this page was opened without a code. */
let token: string | null = sessionStorage.getItem(KEY)

export function currentToken(): string | null {
  return token
}

/** Forgets a token that the server does not know any more: it was started anew. */
export function forgetToken(): void {
  token = null
  sessionStorage.removeItem(KEY)
}

/** Signs in with the code in `#code=…` and takes the code out of the address. True when there is a token. */
export async function signIn(): Promise<boolean> {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const code = fragment.get('code')
  if (!code) return token !== null
  history.replaceState(history.state, '', location.pathname + location.search)
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  if (answer.ok) {
    const session = (await answer.json()) as { token: string }
    token = session.token
    sessionStorage.setItem(KEY, session.token)
  }
  return token !== null
}
