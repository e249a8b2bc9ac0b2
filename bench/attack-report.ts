import type { AttackResult } from './attacks.ts'
import type { Gate } from './gate.ts'
import type { Measured } from './measure.ts'
import { decimal, table } from './table.ts'

/** The most that one tenant's requests may slow down another's reads. */
const DELAY_MAX = 5

/** Returns the gates: a neighbour's reads slow down little, and each succeeds. */
export function attackGates(results: readonly AttackResult[]): readonly Gate[] {
  return results.flatMap(({ title, quiet, attacked, failures }): Gate[] => {
    const delay = attacked.p99Ms / quiet.p99Ms
    const refused = `reads of a neighbour refused beside ${title}`
    return [
      {
        title: `p99 of a neighbour's reads beside ${title} / quiet`,
        value: decimal(delay),
        limit: `<= ${DELAY_MAX}`,
        isMet: delay <= DELAY_MAX
      },
      { title: refused, value: failures.join(', ') || 'none', limit: 'none', isMet: failures.length === 0 }
    ]
  })
}

export function attackTable(results: readonly AttackResult[]): string {
  const line = (what: string, { perSecond, p50Ms, p99Ms }: Measured, answers = '') => [
    what,
    ...[perSecond, p50Ms, p99Ms].map(decimal),
    answers
  ]
  return table(
    ['bill by id of a neighbour', 'requests/s', 'p50 ms', 'p99 ms', 'attacker is answered'],
    results.flatMap(({ title, quiet, attacked, answers }) => {
      const counts = Object.entries(answers).map(([status, count]) => `${count} x ${status}`)
      return [line('quiet', quiet), line(title, attacked, counts.join(', '))]
    })
  )
}
