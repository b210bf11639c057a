// Errors of the API, as RFC 9457 problems. The page decides by `code`, never by prose.
import type { components } from './schema.generated'

export type Problem = components['schemas']['Problem']
export type ProblemCode = Problem['code']

/** The server answered, and said no. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** The server did not answer at all. */
export class UnreachableError extends Error {
  constructor() {
    super('The studio’s engine does not answer. Nothing is lost; it is being asked again.')
    this.name = 'UnreachableError'
  }
}

export function isProblem(error: unknown, code?: ProblemCode): error is ProblemError {
  return error instanceof ProblemError && (code === undefined || error.problem.code === code)
}

/** What to show a person for any error. */
export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
