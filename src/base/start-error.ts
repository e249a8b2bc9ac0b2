import { messageOf } from './unknown.ts'

/**
 * Keeps the process from starting, for a reason outside the program. The message is one line for the operator, without
 * secrets.
 */
export class StartError extends Error {}

export function startError(context: string, error: unknown): StartError {
  if (error instanceof StartError) return error
  return new StartError(
    `${context}: ${messageOf(error)
      .trim()
      .replace(/\s*\n\s*/g, '; ')}`,
    { cause: error }
  )
}
