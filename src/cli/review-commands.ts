import { HOLDS, type Hold } from '../billing/review/judge.ts'
import { oneRun } from '../billing/runs/list.ts'
import { countHeld, type HeldBill, readHeld } from '../review/list.ts'
import { discardHeld, releaseHeld, type Selection } from '../review/select.ts'
import { type Arguments, type Command, Misuse } from './command.ts'
import { enterTenant } from './lookup.ts'
import { readState } from './run-state.ts'
import { alignColumns } from './table.ts'

const LISTED_MAX = 100

export const reviewCommands: Readonly<Record<string, Command>> = {
  'review list': {
    description: 'lists the bills of a run that are in review, the oddest first',
    parameters: ['ID'],
    options: ['tenant'],
    details: () => 'ID is the id of the run.',
    prepare: (args) => async (context) => {
      const { tenantId } = (await enterTenant(context, args)).view
      const { id: runId } = await oneRun(context, tenantId, String(args.parameters[0]))
      const filter = { tenantId, runId, statuses: ['inReview'] as const }
      const held = await readHeld(context.database, filter, { limit: LISTED_MAX })
      return { text: tableOf(held, await countHeld(context.database, filter)) }
    }
  },
  'review release': {
    description: 'releases bills of a run from their review',
    parameters: ['ID'],
    options: ['tenant', 'state'],
    either: ['bill', 'reason'],
    details: () =>
      'ID is the id of the run. The bills of --bill, or all that are held for the --reason, get the state --state,\n' +
      `new by default, which the release of the run takes along. REASON is one of\n${HOLDS.join(', ')}.`,
    prepare: (args) => {
      const [selection, state] = [selectionOf(args), readState(args)]
      return async (context) => {
        const asked = await enterTenant(context, args)
        const { released, skipped } = await releaseHeld(context.database, asked, selection, state)
        return { text: `released ${released} as ${state}, left ${skipped} that were no longer in review` }
      }
    }
  },
  'review discard': {
    description: 'discards bills of a run that are in review',
    parameters: ['ID'],
    options: ['tenant'],
    either: ['bill', 'reason'],
    details: () => 'ID is the id of the run. Their rates are free again, and bill-run retry bills their accounts.',
    prepare: (args) => {
      const selection = selectionOf(args)
      return async (context) => {
        const asked = await enterTenant(context, args)
        const { discarded, skipped } = await discardHeld(context.database, asked, selection)
        return { text: `discarded ${discarded}, left ${skipped} that were no longer in review` }
      }
    }
  }
}

function selectionOf(args: Arguments): Selection {
  return { runId: String(args.parameters[0]), billIds: args.options.bill, reason: readReason(args) }
}

function readReason({ options: { reason } }: Arguments): Hold | undefined {
  if (reason === undefined) return undefined
  const known = HOLDS.find((candidate) => candidate === reason)
  if (known) return known
  throw new Misuse(`--reason must be one of ${HOLDS.join(', ')}`)
}

function tableOf(held: readonly HeldBill[], total: number): string {
  const rows = held.map(({ score, billId, billingAccountId, amount, currency, reasons }) => [
    score,
    billId,
    billingAccountId,
    `${amount} ${currency}`,
    reasons.map(({ text }) => text).join('; ')
  ])
  const more = total > held.length ? [['', `and ${total - held.length} more`]] : []
  return alignColumns([['score', 'bill', 'account', 'amount', 'reasons'], ...rows, ...more])
}
