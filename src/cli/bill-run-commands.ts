import { cancelRun, resumeRun, retryRun, startRun } from '../billing/runs/bill-run.ts'
import { discardBills } from '../billing/runs/discard.ts'
import { oneRun, type ReadRun, readRuns, writeRun } from '../billing/runs/list.ts'
import type { Transaction } from '../db/database.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { hasEnded, progressOn, reportRun } from './bill-run-report.ts'
import type { Arguments, Command, Context, Result } from './command.ts'
import { enterTenant } from './lookup.ts'
import { readState } from './run-state.ts'
import { alignColumns } from './table.ts'
import { workUntil } from './working.ts'

const WAIT_DETAILS =
  'With --wait the command works on the run itself, with or without servers, shows the progress and ends with\n' +
  'a report; it exits with 1 if an account is parked or the run did not end well. Without it a server works.'

export const billRunCommands: Readonly<Record<string, Command>> = {
  'bill-run list': {
    description: 'lists the latest runs of a tenant',
    options: ['tenant', 'json'],
    details: () => '--json prints each as a whole JSON document, one per line.',
    prepare: (args) => async (context) => {
      const { tenantId } = (await enterTenant(context, args)).view
      const runs = await readRuns(context.database, tenantId, context.clock())
      return { text: args.options.json ? runs.map((run) => writeRun(run)).join('\n') : tableOf(runs) }
    }
  },
  'bill-run start': {
    description: 'bills the accounts of a cycle',
    options: ['tenant', 'cycle', 'dry-run', 'state', 'wait'],
    details: () => `A --dry-run changes nothing. Bills get the state --state, new by default.\n${WAIT_DETAILS}`,
    prepare: (args) => {
      const start = {
        billCycleId: String(args.options.cycle),
        isDry: args.options['dry-run'] ?? false,
        billState: readState(args)
      }
      return (context) => steer(context, args, (tx, asked) => startRun(tx, asked, start))
    }
  },
  'bill-run cancel': steering('stops a run after the chunks under way; its bills stay', [], cancelRun),
  'bill-run resume': steering('continues a cancelled or failed run', ['wait'], resumeRun),
  'bill-run retry': steering('bills the parked accounts of a finished run', ['wait'], retryRun),
  'bill-run discard': {
    description: 'discards bills of a run that were never issued',
    parameters: ['ID'],
    options: ['tenant', 'filter'],
    details: () =>
      'Their rates are free again, and bill-run retry bills their accounts. --filter selects some of the bills,\n' +
      'written like the query of GET /customerBill: amountDue.value.lt=100.',
    prepare: (args) => async (context) => {
      const asked = await enterTenant(context, args)
      const discard = { runId: String(args.parameters[0]), filter: args.options.filter }
      const { discarded, skipped } = await discardBills(context.database, asked, discard)
      return { text: `discarded ${discarded}, left ${skipped} that were issued` }
    }
  }
}

type Act = (tx: Transaction, context: ChangeContext, id: string) => Promise<void>

function steering(description: string, options: readonly 'wait'[], act: Act): Command {
  return {
    description,
    parameters: ['ID'],
    options: ['tenant', ...options],
    ...(options.length > 0 && { details: () => WAIT_DETAILS }),
    prepare: (args) => {
      const id = String(args.parameters[0])
      return (context) =>
        steer(context, args, async (tx, asked) => {
          await act(tx, asked, id)
          return id
        })
    }
  }
}

async function steer(
  context: Context,
  args: Arguments,
  act: (tx: Transaction, asked: ChangeContext) => Promise<string>
): Promise<Result> {
  const asked = await enterTenant(context, args)
  const id = await context.database.transaction((tx) => act(tx, asked))
  const read = args.options.wait ? untilEnded : oneRun
  return reportRun(await read(context, asked.view.tenantId, id))
}

async function untilEnded(context: Context, tenantId: string, id: string): Promise<ReadRun> {
  const progress = progressOn(context.screen)
  return workUntil(context, async () => {
    const run = await oneRun(context, tenantId, id)
    progress.show(run)
    return hasEnded(run) ? run : undefined
  }).finally(() => progress.end())
}

function tableOf(runs: readonly ReadRun[]): string {
  const rows = runs.map(({ id, state, billCycle, dryRun, eligible, billed, startedAt = '-', finishedAt = '-' }) => [
    id,
    state,
    billCycle.id,
    String(dryRun),
    String(eligible),
    String(billed),
    startedAt,
    finishedAt
  ])
  const head = ['id', 'state', 'billCycle', 'dryRun', 'eligible', 'billed', 'startedAt', 'finishedAt']
  return alignColumns([head, ...rows])
}
