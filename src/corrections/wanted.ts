import { z } from 'zod'
import { REFERRED } from '../billing/payments/common.ts'
import { METHODS } from '../billing/payments/receipt.ts'
import { AMOUNT, SIGNED_AMOUNT } from '../billing/payments/taking.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { FIELDS } from '../messages/field.ts'
import type { NewAdjustment } from './adjustment.ts'
import { REASONED, reasonedAs, WAYS, wayOf } from './asked.ts'
import { type NewCancelAndRebill, WHEN } from './cancel-and-rebill.ts'
import type { NewCreditNote } from './credit-note.ts'
import type { NewRefund } from './refund.ts'
import type { NewWriteOff } from './write-off.ts'

export const CREDIT_NOTE_BODY = z.strictObject({
  bill: REFERRED.meta({ description: 'The bill to correct' }),
  ...REASONED,
  ...WAYS
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
