import { atLeast, atMost, type Gate } from './gate.ts'
import type { Measured } from './measure.ts'
import type { RunResult } from './runs.ts'
import { decimal, megabytes, table, whole } from './table.ts'

/** The least speed of a run, with numbers, taxes and ledger, relative to bare SQL without them. */
const RATIO_MIN = 0.4
/** The most memory late in a run relative to early: it must not grow with the accounts. */
const GROWTH_MAX = 1.3
/** The most that a run may slow down reads. */
const DELAY_MAX = 3
/** Limit for 95 of 100 bills on demand, also during a run. */
const DEMAND_MAX_MS = 1_000
/** Limit for the PDF of a bill. */
const DOCUMENT_MAX_MS = 100
const HOUR_S = 3_600

export function runGates({ bare, ours, memory, reads, demands, documentMs }: RunResult): readonly Gate[] {
  return [
    atLeast('bill run / bare SQL', ours / bare, RATIO_MIN),
    atMost('memory kept after 9/10 of the accounts / after 1/10', memory.late / memory.early, GROWTH_MAX),
    atMost('p99 of reads while a run goes on / quiet', reads.running.p99Ms / reads.quiet.p99Ms, DELAY_MAX),
    atMost('p95 of bills on demand while a run goes on, ms', demands.running, DEMAND_MAX_MS),
    atMost('p50 of the PDF of a bill, ms', documentMs, DOCUMENT_MAX_MS)
  ]
}

export function runTables(result: RunResult): string {
  const { accounts, bare, ours, memory, smallAccounts, reads, demands, issuing } = result
  const speed = (title: string, perSecond: number) => [title, whole(perSecond), whole(perSecond * HOUR_S)]
  const read = (title: string, { perSecond, p50Ms, p99Ms }: Measured) => [
    title,
    ...[perSecond, p50Ms, p99Ms].map(decimal)
  ]
  const { early, late, resident } = memory
  return [
    table(
      [`bill run, ${whole(accounts)} accounts`, 'bills/s', 'bills/hour', 'ratio'],
      [speed('bare SQL', bare), [...speed('numbers, taxes and ledger on', ours), decimal(ours / bare)]]
    ),
    table(
      [`issuing at once, ${whole(smallAccounts)} accounts`, 'bills/s', 'bills/hour'],
      issuing.map(({ processes, perSecond }) =>
        speed(processes === 1 ? '1 process' : `${processes} processes`, perSecond)
      )
    ),
    table(
      ['at a fixed rate', 'requests/s', 'p50 ms', 'p99 ms'],
      [read('bill by id, no run', reads.quiet), read('bill by id, while a run goes on', reads.running)]
    ),
    table(
      ['bill on demand, from the request to done', 'p95 ms'],
      [
        ['no run', decimal(demands.quiet)],
        ['while a run goes on', decimal(demands.running)]
      ]
    ),
    `PDF of a bill: p50 ${decimal(result.documentMs)} ms`,
    `memory kept after a tenth of the accounts ${megabytes(early)}, after nine tenths ${megabytes(late)}; resident ` +
      `with what is not collected yet at most ${megabytes(resident)}`
  ].join('\n\n')
}
