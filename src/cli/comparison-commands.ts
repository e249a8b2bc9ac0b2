import { isCurrency } from '../base/codes.ts'
import { canonicalDecimal, compareDecimals, decimalFault, trimScale } from '../base/money.ts'
import { type ComparedAccount, listAccounts } from '../comparison/accounts.ts'
import { sourceOf, startComparison } from '../comparison/comparison.ts'
import { oneComparison, type ReadComparison } from '../comparison/list.ts'
import { readFault } from '../messages/message.ts'
import { type Arguments, type Command, Misuse, type Result } from './command.ts'
import { enterTenant } from './lookup.ts'
import { alignColumns } from './table.ts'
import { workUntil } from './working.ts'

/** Accounts that the report names. */
const NAMED_MAX = 10

export const comparisonCommands: Readonly<Record<string, Command>> = {
  compare: {
    description: 'compares bills of another system with those of a run, account by account',
    options: ['tenant', 'run', 'tolerance'],
    either: ['upload', 'cycle'],
    details: () =>
      'It compares the bills of other systems that were uploaded, or are in a cycle, with those of a run, dry or\n' +
      'not. It prints a report, keeps the comparison for the API, and exits with 1 unless all accounts are equal.\n' +
      'Amounts may differ by --tolerance, such as EUR=0.01; by 0 without one.',
    prepare: (args) => {
      const { cycle: billCycleId, upload: uploadId, run } = args.options
      const source = sourceOf({ billCycleId, uploadId })
      const wanted = { source, billRunId: String(run), tolerance: readTolerance(args) }
      return async (context) => {
        const asked = await enterTenant(context, args)
        const { tenantId } = asked.view
        const id = await context.database.transaction((tx) => startComparison(tx, asked, wanted))
        const comparison = await workUntil(context, async () => {
          const found = await oneComparison(context.database, tenantId, id)
          return found.state === 'done' || found.state === 'failed' ? found : undefined
        })
        const filter = { tenantId, comparisonId: id, statuses: ['differs', 'onlyHere', 'onlyThere'] }
        const { rows, total } = await listAccounts(context.database, filter, { offset: 0, limit: NAMED_MAX })
        return report(comparison, rows, total)
      }
    }
  }
}

function readTolerance({ options: { tolerance = [] } }: Arguments): Readonly<Record<string, string>> {
  return Object.fromEntries(tolerance.map(readLimit))
}

function readLimit(given: string): readonly [currency: string, limit: string] {
  const [currency = '', amount = ''] = given.split(/=(.*)/s)
  const limit = canonicalDecimal(amount)
  if (!isCurrency(currency) || limit === undefined || compareDecimals(limit, 0) < 0) {
    throw new Misuse(`--tolerance must be a currency and an amount such as EUR=0.01, not ${given}`)
  }
  const fault = decimalFault(limit)
  if (fault !== undefined) throw new Misuse(`the amount of --tolerance ${given} ${readFault(fault).text}`)
  return [currency, limit]
}

/** Reports on a comparison. Fails unless the bills of all accounts are equal. */
function report(comparison: ReadComparison, named: readonly ComparedAccount[], unequal: number): Result {
  const { id, state, failure, summary } = comparison
  const head = [
    ['comparison', id],
    ['state', failure ? `${state}: ${failure}` : state]
  ]
  if (!summary) return { text: alignColumns(head), isFailure: true }
  const { statuses, reasons, uncompared, withoutAccount, totals } = summary
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => `${numberOf(count)} ${name}`)
  const rows = [
    ...head,
    ...['equal', 'differs', 'onlyHere', 'onlyThere'].map((status) => [
      status,
      numberOf(new Map(Object.entries(statuses)).get(status) ?? 0)
    ]),
    ...several('reasons', counted(reasons)),
    ...several('not compared', counted(uncompared)),
    ...(withoutAccount > 0 ? [['no account', `${numberOf(withoutAccount)} bills of the other system`]] : []),
    ...totals.map(({ currency, here, there, difference }) => [
      currency,
      `here ${trimScale(here)}, there ${trimScale(there)}, difference ${trimScale(difference)}`
    ]),
    ...several('largest', named.map(lineOf)),
    ...(unequal > named.length ? [['', `and ${numberOf(unequal - named.length)} more`]] : [])
  ]
  return { text: alignColumns(rows), isFailure: unequal > 0 }
}

function lineOf({ billingAccountId, currency, status, reasons, difference }: ComparedAccount): string {
  return `${billingAccountId}: ${[status, ...reasons].join(' ')}, ${difference} ${currency}`
}

function several(label: string, values: readonly string[]): readonly (readonly string[])[] {
  return values.map((value, at) => [at === 0 ? label : '', value])
}

function numberOf(count: number): string {
  return count.toLocaleString('en')
}
