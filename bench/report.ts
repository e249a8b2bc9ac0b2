import { attackGates, attackTable } from './attack-report.ts'
import type { AttackResult } from './attacks.ts'
import { type BalanceResult, balanceGates, balanceTable } from './balances.ts'
import type { ComparisonResult } from './comparison.ts'
import { eventGates, eventTables } from './event-report.ts'
import type { EventResult } from './events.ts'
import { atMost, type Gate } from './gate.ts'
import type { LargeUpload } from './large-upload.ts'
import type { Measured } from './measure.ts'
import type { RateResult } from './rates.ts'
import { runGates, runTables } from './run-report.ts'
import type { RunResult } from './runs.ts'
import { type SummaryResult, summaryGates, summaryTable } from './summaries.ts'
import { decimal, megabytes, table, whole } from './table.ts'
import type { TokenResult } from './tokens.ts'
import { largeUploadGates, largeUploadTable, uploadGates } from './upload-report.ts'
import type { UploadResult } from './uploads.ts'

/** The content of `reports/bench.json`. */
export interface Report {
  readonly at: string
  readonly bills: number
  readonly connections: number
  readonly seconds: number
  readonly machine: Readonly<Record<string, string | number>>
  readonly cases: readonly CaseResult[]
  readonly scaling: readonly ScalingResult[]
  readonly tokens?: TokenResult
  readonly rates?: RateResult
  readonly uploads?: UploadResult
  readonly largeUpload?: LargeUpload
  readonly runs?: RunResult
  readonly balances?: BalanceResult
  readonly summaries?: SummaryResult
  readonly comparison?: ComparisonResult
  readonly events?: EventResult
  readonly attacks?: readonly AttackResult[]
  readonly memory: Memory
}

export interface CaseResult extends Measured {
  readonly name: string
  readonly title: string
  /** The case of the bare server, and the requests per second relative to it. */
  readonly twin?: string
  readonly ratio?: number
}

/** The p50 of an indexed query in the large and in the small table. */
export interface ScalingResult {
  readonly name: string
  readonly title: string
  readonly connections: number
  readonly largeMs: number
  readonly smallMs: number
}

/** Resident bytes of the server: just started, and idle after some requests. */
export interface Memory {
  readonly started: number
  readonly used: number
}

/** The least requests per second of these cases, relative to the twin. */
const RATIO_MIN = 0.7
const RATIO_GATES = ['by-id', 'list']
const SCALING_MAX = 1.5
const TOKENS_PER_SECOND_MIN = 50
/** The most that tokens issued at that rate may slow down reads. */
const DELAY_MAX = 2
const MEMORY_MAX_BYTES = 180_000_000
/** Of 200,000 accounts. */
const COMPARISON_SECONDS_MAX = 30
const RATES_PER_SECOND_MIN = 20_000
/** For any number of rates. */
const RATES_MEMORY_MAX_BYTES = 600_000_000

/** Returns the gates of all results. Scaling counts on one connection, where a p50 includes no queue. */
export function gatesOf(report: Report): readonly Gate[] {
  const { cases, scaling, tokens, rates, uploads, largeUpload, balances, runs, comparison, ...others } = report
  const { summaries, events, attacks, memory } = others
  const ratios = cases.flatMap(({ name, title, ratio }): Gate[] => {
    if (ratio === undefined || !RATIO_GATES.includes(name)) return []
    return [{ title: `${title} / bare`, value: decimal(ratio), limit: `>= ${RATIO_MIN}`, isMet: ratio >= RATIO_MIN }]
  })
  const alone = scaling.filter(({ connections }) => connections === 1)
  const sizes = alone.map(({ title, largeMs, smallMs }): Gate => {
    const factor = largeMs / smallMs
    const isMet = factor <= SCALING_MAX
    return { title: `${title}, p50 large / small`, value: decimal(factor), limit: `<= ${SCALING_MAX}`, isMet }
  })
  const limit = `< ${megabytes(MEMORY_MAX_BYTES)}`
  const isMet = memory.used < MEMORY_MAX_BYTES
  const idle = { title: 'idle memory', value: megabytes(memory.used), limit, isMet }
  const sent = [...(rates ? rateGates(rates) : []), ...(uploads ? uploadGates(uploads) : [])]
  const large = largeUpload ? largeUploadGates(largeUpload) : []
  const streams = [...(tokens ? tokenGates(tokens) : []), ...sent, ...large]
  const background = [
    ...(runs ? runGates(runs) : []),
    ...(balances ? balanceGates(balances) : []),
    ...(summaries ? summaryGates(summaries) : []),
    ...(comparison ? [comparisonGate(comparison)] : []),
    ...(events ? eventGates(events) : [])
  ]
  return [...ratios, ...sizes, ...streams, ...background, ...attackGates(attacks ?? []), idle]
}

function tokenGates({ quiet, issuing, tokens }: TokenResult): readonly Gate[] {
  const [rate, delay] = [tokens.perSecond, issuing.p99Ms / quiet.p99Ms]
  const least = `>= ${TOKENS_PER_SECOND_MIN}`
  return [
    { title: 'tokens per second', value: decimal(rate), limit: least, isMet: rate >= TOKENS_PER_SECOND_MIN },
    {
      title: 'p99 of reads while tokens are issued / quiet',
      value: decimal(delay),
      limit: `<= ${DELAY_MAX}`,
      isMet: delay <= DELAY_MAX
    }
  ]
}

function rateGates({ perSecond, memory }: RateResult): readonly Gate[] {
  const [least, most] = [`>= ${whole(RATES_PER_SECOND_MIN)}`, `< ${megabytes(RATES_MEMORY_MAX_BYTES)}`]
  return [
    {
      title: 'rates per second on one connection',
      value: whole(perSecond),
      limit: least,
      isMet: perSecond >= RATES_PER_SECOND_MIN
    },
    {
      title: 'memory while rates come in',
      value: megabytes(memory),
      limit: most,
      isMet: memory < RATES_MEMORY_MAX_BYTES
    }
  ]
}

function comparisonGate({ accounts, seconds }: ComparisonResult): Gate {
  return atMost(`comparison of ${whole(accounts)} accounts, s`, seconds, COMPARISON_SECONDS_MAX)
}

export function printable(report: Report): string {
  const { machine, scaling, tokens, largeUpload, balances, summaries, runs, events, attacks, memory } = report
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`)
  const [started, used] = [megabytes(memory.started), megabytes(memory.used)]
  const idle = `idle memory: ${started} after the start, ${used} after some requests`
  const parts = [
    facts.join(', '),
    caseTable(report),
    ...(scaling.length > 0 ? [scalingTable(report)] : []),
    ...(tokens ? [tokenTable(tokens)] : []),
    ...(largeUpload ? [largeUploadTable(largeUpload)] : []),
    ...(balances ? [balanceTable(balances)] : []),
    ...(summaries ? [summaryTable(summaries)] : []),
    ...(runs ? [runTables(runs)] : []),
    ...(events ? [eventTables(events)] : []),
    ...(attacks ? [attackTable(attacks)] : [])
  ]
  return [...parts, idle, gateTable(report)].join('\n\n')
}

function caseTable({ bills, connections, cases }: Report): string {
  const head = [`${whole(bills)} bills, ${connections} connections`, 'requests/s', 'p50 ms', 'p99 ms', 'ratio', 'to']
  const rows = cases.map(({ title, perSecond, p50Ms, p99Ms, ratio, twin }) => [
    title,
    whole(perSecond),
    decimal(p50Ms),
    decimal(p99Ms),
    ...(ratio === undefined || twin === undefined ? ['', ''] : [decimal(ratio), twin])
  ])
  return table(head, rows)
}

function scalingTable({ scaling }: Report): string {
  const head = ['p50 by size of the table', 'connections', 'large ms', 'small ms', 'large / small']
  const rows = scaling.map(({ title, connections, largeMs, smallMs }) => [
    title,
    String(connections),
    ...[largeMs, smallMs, largeMs / smallMs].map(decimal)
  ])
  return table(head, rows)
}

function tokenTable({ quiet, issuing, tokens }: TokenResult): string {
  const row = (title: string, { perSecond, p50Ms, p99Ms }: Measured) => [
    title,
    ...[perSecond, p50Ms, p99Ms].map(decimal)
  ]
  return table(
    ['at fixed rates', 'requests/s', 'p50 ms', 'p99 ms'],
    [
      row('bill by id, no tokens issued', quiet),
      row('bill by id, while tokens are issued', issuing),
      row('tokens by password', tokens)
    ]
  )
}

function gateTable(report: Report): string {
  const rows = gatesOf(report).map(({ title, value, limit, isMet }) => [title, value, limit, isMet ? 'ok' : 'MISSED'])
  return table(['gate', 'measured', 'limit', ''], rows)
}
