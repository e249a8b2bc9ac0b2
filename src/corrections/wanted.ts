import { z } from 'zod'
import { requirePlainText } from '../base/plain-text.ts'
import { REFERRED } from '../billing/payments/common.ts'
import { METHODS } from '../billing/payments/receipt.ts'
import { AMOUNT, SIGNED_AMOUNT } from '../billing/payments/taking.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { FIELDS } from '../messages/field.ts'
import type { NewAdjustment } from './adjustment.ts'
import { type NewCancelAndRebill, WHEN } from './cancel-and-rebill.ts'
import type { NewCreditNote } from './credit-note.ts'
import { namedAs, type Reasoned } from './known.ts'
import type { Way } from './lines.ts'
import type { NewRefund } from './refund.ts'
import type { NewWriteOff } from './write-off.ts'

const REFERENCE_MAX_LENGTH = 256
const DESCRIPTION_MAX_LENGTH = 1_000
const LINES_MAX = 1_000

/** Words that are not blank, or none. */
export function words(maxLength: number) {
  const fault = FIELDS.reference(maxLength)
  return z.string({ error: fault }).max(maxLength, { error: fault }).regex(/\S/, { error: fault }).optional()
}

const REASONED = {
  reason: z.string({ error: FIELDS.text() }).meta({ description: "One of the tenant's reasons" }),
  description: words(DESCRIPTION_MAX_LENGTH).meta({ description: 'The reason in words' }),
  reference: words(REFERENCE_MAX_LENGTH).meta({
    description: 'Your own name for it: sent again, it is done once'
  })
} as const

export const CREDIT_NOTE_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The bill to correct' }),
  ...REASONED,
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

export const CANCEL_AND_REBILL_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The bill to cancel' }),
  ...REASONED,
  when: z
    .enum(WHEN, { error: FIELDS.oneOf(WHEN) })
    .default('now')
    .meta({ description: 'Bill its lines anew at once, or leave them to the next run or request for a bill' })
})

export const WRITE_OFF_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The bill to write off' }),
  ...REASONED
})

export const REFUND_BODY = z.strictObject({
  billingAccount: REFERRED.optional().meta({ description: 'The account whose credit is paid out' }),
  payment: REFERRED.optional().meta({ description: 'The payment that is paid back, in place of an account' }),
  amount: AMOUNT.meta({ description: 'What is paid out' }),
  method: z.enum(METHODS, { error: FIELDS.oneOf(METHODS) }).meta({ description: 'How it is paid out' }),
  ...REASONED
})

export const ADJUSTMENT_BODY = z.strictObject({
  billingAccount: REFERRED.meta({ description: 'The account to charge, or to give to' }),
  amount: SIGNED_AMOUNT.meta({ description: 'What is charged, or with a minus sign given' }),
  taxCategory: z
    .string({ error: FIELDS.text() })
    .optional()
    .meta({ description: 'One of the taxes of the account: at once it is a part of the amount' }),
  onNextBill: z
    .boolean({ error: FIELDS.trueOrFalse() })
    .optional()
    .meta({ description: 'A line of the next bill, with the amount before tax; at once by default' }),
  ...REASONED
})

type CreditNoteBody = z.output<typeof CREDIT_NOTE_BODY>

/** Throws `invalidField` for a body that says nothing, or several things, of what to give back. */
export function readCreditNote({ bill, all, amount, lines, ...reasoned }: CreditNoteBody): NewCreditNote {
  const way = wayOf({ all, amount, lines })
  return { billId: bill.id, way, ...reasonedAs(reasoned, [bill.id, way]) }
}

export function readCancelAndRebill({
  bill,
  when,
  ...reasoned
}: z.output<typeof CANCEL_AND_REBILL_BODY>): NewCancelAndRebill {
  return { billId: bill.id, when, ...reasonedAs(reasoned, [bill.id, when]) }
}

export function readWriteOff({ bill, ...reasoned }: z.output<typeof WRITE_OFF_BODY>): NewWriteOff {
  return { billId: bill.id, ...reasonedAs(reasoned, [bill.id]) }
}

/** Throws `invalidField` for a body that names no source of the money, or two. */
export function readRefund({
  billingAccount,
  payment,
  amount,
  method,
  ...reasoned
}: z.output<typeof REFUND_BODY>): NewRefund {
  const [of, ...others] = [
    ...(billingAccount ? [{ account: billingAccount.id }] : []),
    ...(payment ? [{ paymentId: payment.id }] : [])
  ]
  if (!of || others.length > 0) throw CORRECTIONS.oneSource()
  return { amount, method, of, ...reasonedAs(reasoned, [of, amount, method]) }
}

export function readAdjustment({
  billingAccount,
  amount,
  taxCategory,
  onNextBill: isOnNextBill = false,
  ...reasoned
}: z.output<typeof ADJUSTMENT_BODY>): NewAdjustment {
  const content = [billingAccount.id, amount, taxCategory ?? null, isOnNextBill]
  return { account: billingAccount.id, amount, taxCategory, isOnNextBill, ...reasonedAs(reasoned, content) }
}

interface Given {
  readonly reason: string
  readonly description?: string | undefined
  readonly reference?: string | undefined
}

function reasonedAs({ reason, description, reference }: Given, content: readonly unknown[]): Reasoned {
  if (reference !== undefined) requirePlainText('$.reference', reference)
  return { reason, description, ...namedAs(reference, [...content, reason, description ?? null]) }
}

function wayOf({ all, amount, lines }: Pick<CreditNoteBody, 'all' | 'amount' | 'lines'>): Way {
  const ways: readonly (Way | undefined)[] = [
    all && { kind: 'all' },
    amount && { kind: 'amount', amount },
    lines && { kind: 'lines', lines: lines.map(({ rate, amount: part }) => ({ rateId: rate.id, amount: part })) }
  ]
  const [way, ...others] = ways.flatMap((one) => one ?? [])
  if (!way || others.length > 0) throw CORRECTIONS.oneWay()
  return way
}
