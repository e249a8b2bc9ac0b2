import { setNewest } from '../base/newest.ts'

/** Time of expensive work for each principal, refilled as time passes. */
export interface Budget {
  /** Returns milliseconds until the principal may begin again; 0 for now. */
  waitMs(principal: string, nowMs: number): number
  charge(principal: string, workMs: number, nowMs: number): void
}

const MINUTE_MS = 60_000
/** Limit of principals counted; beyond it, the one charged longest ago starts anew. */
const COUNTED_MAX = 10_000

/** Refills `secondsPerMinute` each minute, up to one minute's worth. 0 is no limit. */
export function budget(secondsPerMinute: number): Budget {
  const fullMs = secondsPerMinute * 1_000
  const perMs = fullMs / MINUTE_MS
  const spent = new Map<string, { readonly owedMs: number; readonly atMs: number }>()
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
      setNewest(spent, principal, { owedMs: owed, atMs: nowMs }, COUNTED_MAX)
    }
  }
}
