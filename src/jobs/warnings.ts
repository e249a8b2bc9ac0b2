import type { Logger } from 'pino'

/** Warnings that may come in thousands: each is counted, and a like one is logged once in a while. */
export interface Warnings {
  /** Counts a warning, and logs it unless one of the same kind was logged within the interval. */
  warn(message: string, error?: unknown): void
  /** How many there were, logged or not. */
  count(): number
}

const INTERVAL_MS = 60_000
/** So many kinds are told apart; with more of them, all may be logged again. */
const KINDS_MAX = 100
const KIND_LENGTH_MAX = 200

/** Logs a kind of warning once in an interval, with how many like it were left out since. */
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

/** Ids, durations and stacks make messages of one kind differ. */
function kindOf(message: string): string {
  const [line = ''] = message.split('\n')
  return line.slice(0, KIND_LENGTH_MAX).replace(/\b[\w-]*\d[\w.-]*/g, '#')
}
