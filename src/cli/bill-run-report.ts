import type { ReadRun } from '../billing/runs/list.ts'
import type { Result, Screen } from './command.ts'
import { alignColumns } from './table.ts'

const BAR_WIDTH = 30
/** Percent between two lines where a line cannot be overwritten. */
const PLAIN_STEP_PERCENT = 10
const DONE_PERCENT = 100
const ERASE_TO_END = '\u001b[K'

interface ToldRun extends Omit<ReadRun, 'amount'> {
  readonly amount: readonly { readonly unit: string; readonly value: string | number }[]
}

export function hasEnded({ state }: ToldRun): boolean {
  return state !== 'queued' && state !== 'running'
}

export function progressOn({ isTerminal, write }: Screen): { show(run: ToldRun): void; end(): void } {
  let shown: number | undefined
  return {
    show: (run) => {
      if (run.state === 'queued') return
      const percent = percentOf(run)
      if (isTerminal) write(`\r${barOf(percent)} ${lineOf(run, percent)}${ERASE_TO_END}`)
      else if (shown === undefined || percent >= shown + PLAIN_STEP_PERCENT) write(`${lineOf(run, percent)}\n`)
      else return
      shown = isTerminal ? percent : percent - (percent % PLAIN_STEP_PERCENT)
    },
    end: () => {
      if (isTerminal && shown !== undefined) write('\n')
    }
  }
}

/** Reports on the accounts of a run. Fails if one is parked, or the run was stopped. */
export function reportRun(run: ToldRun): Result {
  const { id, state, billCycle, dryRun, billState, eligible, billed, skipped, parkedCount, amount, failure } = run
  const { billsPerSecond, reviewCount } = run
  const missing = parkedCount - run.parked.length
  const rows: readonly (readonly [string, string])[] = [
    ['billRun', dryRun ? `${id} (dry)` : id],
    ['billCycle', billCycle.id],
    ['state', failure ? `${state}: ${failure}` : state],
    ['eligible', numberOf(eligible)],
    ['billed', dryRun ? numberOf(billed) : `${numberOf(billed)} as ${billState}`],
    ...several('skipped', skipped, ({ reason, count }) => `${numberOf(count)} ${reason}`),
    ...(reviewCount > 0 ? [['in review', numberOf(reviewCount)] as const] : []),
    ['parked', numberOf(parkedCount)],
    ...run.parked.map(({ billingAccount, reason }): [string, string] => ['', `${billingAccount.id}: ${reason}`]),
    ...(missing > 0 ? [['', `and ${numberOf(missing)} more`] as const] : []),
    ...several('amount', amount, ({ unit, value }) => `${value} ${unit}`),
    ...(run.unknownAccountRates ?? []).map(({ billingAccount, count }): [string, string] => [
      'not ours',
      `${numberOf(count)} rates of the account ${billingAccount.id}`
    ]),
    ...(billsPerSecond === undefined ? [] : [['speed', `${numberOf(billsPerSecond)} bills/s`] as const])
  ]
  return { text: alignColumns(rows), isFailure: hasEnded(run) && (state !== 'done' || parkedCount > 0) }
}

function several<T>(label: string, values: readonly T[], write: (value: T) => string): readonly [string, string][] {
  if (values.length === 0) return [[label, '0']]
  return values.map((value, at) => [at === 0 ? label : '', write(value)])
}

function doneOf({ billed, skipped, parkedCount }: ToldRun): number {
  return billed + skipped.reduce((sum, { count }) => sum + count, 0) + parkedCount
}

function percentOf(run: ToldRun): number {
  if (run.state === 'done') return DONE_PERCENT
  // A run that has billed its last account is not done yet.
  return run.eligible === 0 ? 0 : Math.min(Math.floor((doneOf(run) * 100) / run.eligible), DONE_PERCENT - 1)
}

function barOf(percent: number): string {
  const full = Math.floor((percent * BAR_WIDTH) / 100)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`
}

function lineOf(run: ToldRun, percent: number): string {
  const { eligible, billsPerSecond = 0, estimatedEnd } = run
  const until = estimatedEnd && !hasEnded(run) ? `, until ${estimatedEnd.slice(11, 19)} UTC` : ''
  const accounts = `${numberOf(Math.min(doneOf(run), eligible))} of ${numberOf(eligible)} accounts`
  return `${String(percent).padStart(3)} %  ${accounts}, ${numberOf(billsPerSecond)} bills/s${until}`
}

function numberOf(count: number): string {
  return count.toLocaleString('en')
}
