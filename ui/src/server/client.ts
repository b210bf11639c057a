// The one door to the server: a client generated from the API's own description, with the token on every request.
import createClient, { type Middleware } from 'openapi-fetch'
import { type Problem, ProblemError, UnreachableError } from './problem'
import type { components, paths } from './schema.generated'
import { currentToken } from './session'

export type Schemas = components['schemas']

const withToken: Middleware = {
  onRequest({ request }) {
    const token = currentToken()
    if (token) request.headers.set('authorization', `Bearer ${token}`)
    return request
  },
}

export const api = createClient<paths>({ baseUrl: location.origin })
api.use(withToken)

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The data of an answer, or its problem thrown. */
export async function take<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch (error) {
    if (error instanceof TypeError) throw new UnreachableError()
    throw error
  }
  if (answer.response.ok) return answer.data as T
  throw new ProblemError(asProblem(answer.error, answer.response))
}

/** Whatever stood in the body of an error, as a problem. */
export function asProblem(body: unknown, response: Response): Problem {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) return body as Problem
  return {
    type: 'about:blank#internal',
    title: 'Something went wrong on our side',
    status: response.status,
    code: 'internal',
    detail: `The server answered ${response.status} without saying why.`,
  }
}
