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

function messageOf(error: unknown): string {
  // A failed connection to a name with several addresses says nothing itself.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
