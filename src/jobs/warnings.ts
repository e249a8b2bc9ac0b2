import type { Logger } from 'pino'

export interface Warnings {
  /** Counts a warning, and logs it unless one of its kind was logged within the interval. */
  warn(message: string, error?: unknown): void
  /** Includes warnings that were not logged. */
  count(): number
}

const INTERVAL_MS = 60_000
/** Kinds kept; beyond them, all kinds may be logged again. */
const KINDS_MAX = 100
const KIND_LENGTH_MAX = 200

/** Logs each kind once in an interval, with the number left out since. */
export function rateLimited(logger: Pick<Logger, 'warn'>, now = () => performance.now()): Warnings {
  const kinds = new Map<string, { readonly loggedAt: number; omitted: number }>()
  let count = 0
  return {
    warn: (message, error) => {
      count += 1
      const kind = kindOf(message)
      const last = kinds.get(kind)
      if (last && now() - last.loggedAt < INTERVAL_MS) {
        last.omitted += 1
        return
      }
      if (kinds.size >= KINDS_MAX) kinds.clear()
      kinds.set(kind, { loggedAt: now(), omitted: 0 })
      logger.warn(
        { ...(error !== undefined && { err: error }), ...(last?.omitted && { omitted: last.omitted }) },
        message
      )
    },
    count: () => count
  }
}

/** Drops ids, durations and stacks, by which messages of one kind differ. */
function kindOf(message: string): string {
  const [line = ''] = message.split('\n')
  return line.slice(0, KIND_LENGTH_MAX).replace(/\b[\w-]*\d[\w.-]*/g, '#')
}
