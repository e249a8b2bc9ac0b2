import { messageOf } from './unknown.ts'

/**
 * Keeps the process from starting, for a reason outside the program. The message is one line for the operator, without
 * secrets.
 */
export class StartError extends Error {}

/** Puts an error on one line for the operator; `context` says what was tried. */
export function startError(context: string, error: unknown): StartError {
  if (error instanceof StartError) return error
  return new StartError(
    `${context}: ${messageOf(error)
      .trim()
      .replace(/\s*\n\s*/g, '; ')}`,
    { cause: error }
  )
}
