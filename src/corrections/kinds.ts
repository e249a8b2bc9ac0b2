import { present } from '../base/unknown.ts'
import type { Kind } from '../billing/corrections/list.ts'
import type { Transaction } from '../db/database.ts'
import { readBody } from '../http/read-body.ts'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import type { WriteContext } from '../tmf/write.ts'
import { createAdjustment } from './adjustment.ts'
import { approvalEndpoints } from './approval-endpoints.ts'
import { createCancelAndRebill } from './cancel-and-rebill.ts'
import { createCreditNote } from './credit-note.ts'
import type { Remake } from './decide.ts'
import { type CorrectionKind, endpointsOf } from './endpoints.ts'
import type { Made, Reasoned } from './known.ts'
import { createRefund } from './refund.ts'
import {
  ADJUSTMENT_BODY,
  CANCEL_AND_REBILL_BODY,
  CREDIT_NOTE_BODY,
  REFUND_BODY,
  readAdjustment,
  readCancelAndRebill,
  readCreditNote,
  readRefund,
  readWriteOff,
  WRITE_OFF_BODY
} from './wanted.ts'
import { createWriteOff } from './write-off.ts'

const OF_BILLS = { read: ['bill:read'], write: ['bill:write'] } as const
const OF_ACCOUNTS = { read: ['account:read'], write: ['account:write'] } as const

const OF_ALL = {
  'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
  reason: 'Any of these reasons',
  reference: 'Any of these references'
} as const

const BILL = { bill: { id: '01M7ADBH80B4TPYHKCZWMBD85V' } } as const

const creditNote: CorrectionKind<Parameters<typeof readCreditNote>[0], ReturnType<typeof readCreditNote>> = {
  path: 'creditNote',
  type: 'CreditNote',
  nouns: ['credit note', 'credit notes'],
  scopes: OF_BILLS,
  filters: {
    ...OF_ALL,
    'bill.id': 'Any of these corrected bills',
    'customerBill.id': 'Any of these bills that are the credit notes'
  },
  summary: 'Correct a bill by a credit note',
  description: `Gives back all of an issued bill, an amount of it or some of its lines, with their tax. The credit note
is a bill with a number of its own series and amounts below zero. It pays its bill, and what was paid before becomes
credit of the account.`,
  body: CREDIT_NOTE_BODY,
  example: { ...BILL, reason: 'wrongAmount', amount: { unit: 'EUR', value: 10 } },
  read: readCreditNote,
  make: createCreditNote
}

const cancelAndRebill: CorrectionKind<
  Parameters<typeof readCancelAndRebill>[0],
  ReturnType<typeof readCancelAndRebill>
> = {
  path: 'cancelAndRebill',
  type: 'CancelAndRebill',
  nouns: ['cancellation of a bill', 'cancellations of bills'],
  scopes: OF_BILLS,
  filters: {
    ...OF_ALL,
    'bill.id': 'Any of these cancelled bills',
    'newBill.id': 'Any of these bills that replace them'
  },
  summary: 'Cancel a bill and bill its lines anew',
  description: `Credits all of an issued bill and bills its lines anew: at once by a new bill, or with \`nextRun\` by
the next run or request for a bill, so that they can be changed before. The lines are copied as rates, which name them
in \`correctsRate\`. What was paid pays the new bill.`,
  body: CANCEL_AND_REBILL_BODY,
  example: { ...BILL, reason: 'wrongAmount', when: 'nextRun' },
  read: readCancelAndRebill,
  make: createCancelAndRebill
}

const writeOff: CorrectionKind<Parameters<typeof readWriteOff>[0], ReturnType<typeof readWriteOff>> = {
  path: 'writeOff',
  type: 'WriteOff',
  nouns: ['write-off', 'write-offs'],
  scopes: OF_BILLS,
  filters: { ...OF_ALL, 'bill.id': 'Any of these bills' },
  summary: 'Write off a bill',
  description: 'Takes what remains of a bill off it, as bad debt. A payment or a credit note opens the bill again.',
  body: WRITE_OFF_BODY,
  example: { ...BILL, reason: 'other', description: 'The customer is insolvent' },
  read: readWriteOff,
  make: createWriteOff
}

const refund: CorrectionKind<Parameters<typeof readRefund>[0], ReturnType<typeof readRefund>> = {
  path: 'refund',
  type: 'Refund',
  nouns: ['refund', 'refunds'],
  scopes: OF_ACCOUNTS,
  filters: { ...OF_ALL, 'payment.id': 'Any of these payments' },
  summary: 'Pay credit out',
  description: `Pays credit of an account out, or the unused part of a payment back: never more than there is, and of a
prepaid account no more than its usage and its holds leave.`,
  body: REFUND_BODY,
  example: {
    ...{ billingAccount: { id: 'BA-100031' }, amount: { unit: 'EUR', value: 1 }, method: 'bankTransfer' },
    reason: 'other'
  },
  read: readRefund,
  make: createRefund
}

const adjustment: CorrectionKind<Parameters<typeof readAdjustment>[0], ReturnType<typeof readAdjustment>> = {
  path: 'adjustment',
  type: 'Adjustment',
  nouns: ['adjustment', 'adjustments'],
  scopes: OF_ACCOUNTS,
  filters: OF_ALL,
  summary: 'Adjust the balance of an account',
  description: `Charges an account, or with a minus sign gives it something: at once, or with \`onNextBill\` by a line
of its next bill. What is given at once is a payment, which pays bills; what is charged at once takes credit, and what
is missing is owed. Tax is on bills only, unless \`taxCategory\` says that a part of what is adjusted at once is tax.`,
  body: ADJUSTMENT_BODY,
  example: {
    ...{ billingAccount: { id: 'BA-100031' }, amount: { unit: 'EUR', value: -5 }, reason: 'goodwill' },
    description: 'For the outage of Tuesday'
  },
  read: readAdjustment,
  make: createAdjustment
}

interface Part {
  readonly path: Kind
  endpoints(apiBase: string): readonly Endpoint[]
  remake(tx: Transaction, context: WriteContext, body: unknown): Promise<Made>
}

function partOf<Body extends object, Wanted extends Reasoned>(kind: CorrectionKind<Body, Wanted>): Part {
  return {
    path: kind.path,
    endpoints: (apiBase) => endpointsOf(kind, apiBase),
    remake: (tx, context, body) => kind.make(tx, context, kind.read(readBody(kind.body, body)))
  }
}

/** All kinds of corrections; those above the limit of the tenant wait for an approval, whatever their kind. */
const PARTS: readonly Part[] = [
  partOf(creditNote),
  partOf(cancelAndRebill),
  partOf(writeOff),
  partOf(refund),
  partOf(adjustment)
]

/** Below the base path of billing; bills have their addresses below `apiBase`. */
export function correctionEndpoints(apiBase: string): readonly Endpoint[] {
  const remake: Remake = (tx, context, kind, body) => {
    return present(
      PARTS.find(({ path }) => path === kind),
      kind
    ).remake(tx, context, body)
  }
  return [...PARTS.flatMap((part) => part.endpoints(apiBase)), ...approvalEndpoints(apiBase, remake)]
}
