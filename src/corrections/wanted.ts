import { z } from 'zod'
import { requirePlainText } from '../base/plain-text.ts'
import { AMOUNT } from '../billing/payments/taking.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { FIELDS } from '../messages/field.ts'
import type { NewCreditNote } from './credit-note.ts'
import { namedAs } from './known.ts'
import type { Way } from './lines.ts'

const REFERENCE_MAX_LENGTH = 256
const DESCRIPTION_MAX_LENGTH = 1_000
const LINES_MAX = 1_000
const REFERENCE_FAULT = FIELDS.reference(REFERENCE_MAX_LENGTH)
const DESCRIPTION_FAULT = FIELDS.reference(DESCRIPTION_MAX_LENGTH)

const REFERRED = z.strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() })

function words(fault: string, maxLength: number) {
  return z.string({ error: fault }).max(maxLength, { error: fault }).regex(/\S/, { error: fault }).optional()
}

/** The body of a new credit note. */
export const CREDIT_NOTE_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The bill to correct' }),
  reason: z.string({ error: FIELDS.text() }).meta({ description: "One of the tenant's reasons" }),
  description: words(DESCRIPTION_FAULT, DESCRIPTION_MAX_LENGTH).meta({ description: 'The reason in words' }),
  reference: words(REFERENCE_FAULT, REFERENCE_MAX_LENGTH).meta({
    description: 'Your own name for the credit note: sent again, it is made once'
  }),
  all: z.literal(true, { error: FIELDS.onlyTrue() }).optional().meta({ description: 'All that is left to credit' }),
  amount: AMOUNT.optional().meta({ description: 'An amount with tax, divided over the whole bill' }),
  lines: z
    .array(
      z.strictObject({
        rate: REFERRED.meta({ description: 'The line of the bill' }),
        amount: AMOUNT.optional().meta({ description: 'A part of it before tax; all that is left of it by default' })
      }),
      { error: FIELDS.list() }
    )
    .min(1, { error: FIELDS.tooFew(1) })
    .max(LINES_MAX, { error: FIELDS.tooManyNamed(LINES_MAX) })
    .optional()
    .meta({ description: 'Lines of the bill' })
})

type Body = z.output<typeof CREDIT_NOTE_BODY>

/** Throws `invalidField` for a body that says nothing, or several things, of what to give back. */
export function readCreditNote({ bill, reason, description, reference, ...ways }: Body): NewCreditNote {
  if (reference !== undefined) requirePlainText('$.reference', reference)
  const way = wayOf(ways)
  const content = [bill.id, reason, description ?? null, way]
  return { billId: bill.id, reason, description, way, ...namedAs(reference, content) }
}

function wayOf({ all, amount, lines }: Pick<Body, 'all' | 'amount' | 'lines'>): Way {
  const ways: readonly (Way | undefined)[] = [
    all && { kind: 'all' },
    amount && { kind: 'amount', amount },
    lines && { kind: 'lines', lines: lines.map(({ rate, amount: part }) => ({ rateId: rate.id, amount: part })) }
  ]
  const [way, ...others] = ways.flatMap((one) => one ?? [])
  if (!way || others.length > 0) throw CORRECTIONS.oneWay()
  return way
}
