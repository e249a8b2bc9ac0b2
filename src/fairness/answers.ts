export interface Answer {
  readonly tenant: string
  readonly sinceMs: number
  /** A transfer goes on working while it responds. */
  readonly isTransfer: boolean
  readonly release: () => void
  readonly limitStall: () => void
}

/** The responses in progress. A slow reader soon gives its slot up, unless its tenant has many slow readers. */
export interface Answers {
  add(answer: Answer): void
  remove(answer: Answer): void
  sweep(nowMs: number): void
}

const GRACE_MS = 500
/** Slow responses of a tenant without a slot; each further one keeps its slot. */
const SLOW_PER_TENANT_MAX = 32

export function openAnswers(): Answers {
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
