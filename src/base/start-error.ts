import { messageOf } from './unknown.ts'

/** The process cannot start, for a reason outside the program. The message is one line for the operator, no secrets. */
export class StartError extends Error {}

/** Wraps whatever was thrown as one line for the operator; `context` says what was being tried. */
export function startError(context: string, error: unknown): StartError {
  if (error instanceof StartError) return error
  return new StartError(
    `${context}: ${messageOf(error)
      .trim()
      .replace(/\s*\n\s*/g, '; ')}`,
    { cause: error }
  )
}
