import { catalogue } from '../billing/catalogue.ts'
import { openNextCycle } from '../billing/cycles/cycle.ts'
import { NOTHING_LEFT, settleWithNothingLeft } from '../billing/issuing/settle.ts'
import { inChunks } from '../billing/runs/run-bills.ts'
import { sql } from '../db/sql.ts'
import { reportLedger, verifyLedger } from '../ledger/verify.ts'
import type { Command } from './command.ts'
import { enterTenant } from './lookup.ts'

export const billingCommands: Readonly<Record<string, Command>> = {
  'cycle open': {
    description: 'opens the cycle after the latest one of a specification',
    parameters: ['SPECIFICATION_ID'],
    options: ['tenant'],
    details: () =>
      'The first one contains today. Two calls at the same time open one cycle; a later call opens the next one.',
    prepare: (args) => async (context) => {
      const writing = { ...(await enterTenant(context, args)), resources: catalogue }
      const { cycle, isNew } = await context.database.transaction((tx) =>
        openNextCycle(tx, writing, String(args.parameters[0]))
      )
      const { name, validFor } = cycle.document
      const what = isNew ? 'opened' : 'was opened meanwhile:'
      return {
        text: `${what} billCycle ${cycle.id} (${name}) from ${validFor?.startDateTime} to ${validFor?.endDateTime}`
      }
    }
  },
  'bill settle': {
    description: 'settles issued bills with nothing left to pay, from the first versions',
    options: ['tenant'],
    details: () => 'Later versions settle such bills themselves. The command may be repeated, and run beside servers.',
    prepare: (args) => async (context) => {
      const writing = await enterTenant(context, args)
      const waiting = sql`"tenant_id" = ${writing.view.tenantId} AND ${NOTHING_LEFT}`
      const count = await inChunks(context.database, waiting, (tx, ids) =>
        settleWithNothingLeft(tx, writing, sql`b."id" = ANY(${ids}::text[])`)
      )
      return { text: `${count} ${count === 1 ? 'bill' : 'bills'} settled` }
    }
  },
  'ledger verify': {
    description: 'recomputes the ledger of every tenant from its rows, and names the first difference',
    details: () => 'It exits with 1 if there is one.',
    prepare:
      () =>
      async ({ database }) => {
        const { text, isSound } = reportLedger(await verifyLedger(database))
        return { text, isFailure: !isSound }
      }
  }
}
