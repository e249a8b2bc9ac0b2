/** Time that each principal may take up with expensive work; it comes back as time goes by. */
export interface Budget {
  /** Milliseconds until a principal may begin again; 0 when it may now. */
  waitMs(principal: string, nowMs: number): number
  /** Takes milliseconds of work off what a principal has left; it may owe some afterwards. */
  charge(principal: string, workMs: number, nowMs: number): void
}

const MINUTE_MS = 60_000
/** Principals whose time is counted at once; beyond, the one that was not charged for longest starts anew. */
const COUNTED_MAX = 10_000

/** A budget of so many seconds in each minute; who has not used it for a minute has all of it. 0 is no limit. */
export function budget(secondsPerMinute: number): Budget {
  const fullMs = secondsPerMinute * 1_000
  const perMs = fullMs / MINUTE_MS
  const spent = new Map<string, { readonly owedMs: number; readonly atMs: number }>()
  /** What is taken off the full budget at this moment. */
  const owedMs = (principal: string, nowMs: number) => {
    const known = spent.get(principal)
    return known ? Math.max(known.owedMs - (nowMs - known.atMs) * perMs, 0) : 0
  }
  return {
    waitMs: (principal, nowMs) => {
      if (fullMs === 0) return 0
      const overMs = owedMs(principal, nowMs) - fullMs
      return overMs < 0 ? 0 : overMs / perMs + 1
    },
    charge: (principal, workMs, nowMs) => {
      if (fullMs === 0) return
      const owed = owedMs(principal, nowMs) + workMs
      spent.delete(principal)
      spent.set(principal, { owedMs: owed, atMs: nowMs })
      const [oldest] = spent.keys()
      if (spent.size > COUNTED_MAX && oldest !== undefined) spent.delete(oldest)
    }
  }
}
