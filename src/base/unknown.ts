/** Returns a member of a value of unknown type; undefined when the value is no object or has no such member. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Returns what an error says. */
export function messageOf(error: unknown): string {
  // A failed connection to a name with several addresses says nothing itself.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Returns a value that must be there; its absence is a bug. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}
