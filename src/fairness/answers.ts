/** An answer on its way to a client, and the slot that its request holds. */
export interface Answer {
  readonly tenant: string
  readonly sinceMs: number
  /** A transfer works on while it is answered. */
  readonly isTransfer: boolean
  readonly release: () => void
  /** Has the connection closed when nothing moves on it. */
  readonly limitStall: () => void
}

/** The answers that are being written. A slow reader soon holds no slot any more, as long as its tenant has few. */
export interface Answers {
  add(answer: Answer): void
  remove(answer: Answer): void
  /** Takes the slots of answers that have taken too long. */
  sweep(nowMs: number): void
}

/** An answer that the network takes in this time keeps its slot until then. */
const GRACE_MS = 500
/** Answers of a tenant that are kept for slow readers; beyond them each further one keeps its slot. */
const SLOW_PER_TENANT_MAX = 32

/** Makes an empty set of answers. */
export function openAnswers(): Answers {
  /** In the order in which they were added. */
  const quick = new Set<Answer>()
  const slow = new Set<Answer>()
  const slowOf = new Map<string, number>()
  return {
    add: (answer) => quick.add(answer),
    remove: (answer) => {
      quick.delete(answer)
      if (slow.delete(answer)) count(answer.tenant, -1)
    },
    sweep: (nowMs) => {
      for (const answer of quick) {
        if (nowMs - answer.sinceMs < GRACE_MS) return
        if ((slowOf.get(answer.tenant) ?? 0) < SLOW_PER_TENANT_MAX) linger(answer)
      }
    }
  }

  function linger(answer: Answer): void {
    quick.delete(answer)
    slow.add(answer)
    count(answer.tenant, 1)
    answer.limitStall()
    if (!answer.isTransfer) answer.release()
  }

  function count(tenant: string, by: 1 | -1): void {
    const left = (slowOf.get(tenant) ?? 0) + by
    if (left > 0) slowOf.set(tenant, left)
    else slowOf.delete(tenant)
  }
}
