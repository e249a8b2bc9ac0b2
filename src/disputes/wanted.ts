import { z } from 'zod'
import type { Opener } from '../billing/disputes/list.ts'
import { REFERRED } from '../billing/payments/common.ts'
import { REASONED, reasonedAs, SENTENCES, WAYS, wayOf } from '../corrections/asked.ts'
import { DISPUTES } from '../messages/dispute.ts'
import type { Resolution } from './end.ts'
import type { NewDispute } from './open.ts'

export const DISPUTE_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The disputed bill' }),
  ...REASONED,
  all: WAYS.all.meta({ description: 'All that remains of the bill and is not disputed yet' }),
  amount: WAYS.amount.meta({ description: 'An amount with tax' }),
  lines: WAYS.lines.meta({ description: 'Lines of the bill, disputed with their tax' })
})

export const RESOLUTION_BODY = z.strictObject({
  all: WAYS.all.meta({ description: 'Give back all that is disputed' }),
  amount: WAYS.amount.meta({ description: 'Give back an amount with tax, divided over the whole bill' }),
  lines: WAYS.lines.meta({ description: 'Give back lines of the bill, with their tax' }),
  creditNote: REFERRED.optional().meta({ description: 'A credit note of the bill that was made already' }),
  reason: REASONED.reason
    .optional()
    .meta({ description: "The reason of a new credit note, one of the tenant's for corrections" }),
  answer: SENTENCES.meta({ description: 'The answer to the customer' })
})

export const REJECTION_BODY = z.strictObject({
  answer: SENTENCES.unwrap().meta({ description: 'The answer to the customer' })
})

/** Throws `invalidField` for a body that says nothing, or several things, of what is disputed. */
export function readDisputed(
  { bill, all, amount, lines, ...reasoned }: z.output<typeof DISPUTE_BODY>,
  openedBy: Opener
): NewDispute {
  const way = wayOf({ all, amount, lines })
  return { billId: bill.id, way, openedBy, ...reasonedAs(reasoned, [bill.id, way]) }
}

/** Throws `invalidField` for a body that says nothing, or several things, of what is given back. */
export function readResolution(body: z.output<typeof RESOLUTION_BODY>): Resolution {
  const { creditNote, reason, answer, ...ways } = body
  const given = Object.values({ ...ways, creditNote }).filter((way) => way !== undefined)
  if (given.length !== 1) throw DISPUTES.oneWay()
  if (creditNote) return { answer, by: { noteId: creditNote.id } }
  if (reason === undefined) throw DISPUTES.reasonMissing()
  return { answer, by: { way: wayOf(ways), reason } }
}
