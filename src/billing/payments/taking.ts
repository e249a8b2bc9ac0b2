import { z } from 'zod'
import { accountsById, findAccount } from '../../accounts/lookup.ts'
import { isCurrency } from '../../base/codes.ts'
import { isCreditorReference } from '../../base/creditor-reference.ts'
import type { Instant } from '../../base/instant.ts'
import { decimalFault, isInMinorUnits, minorDigits } from '../../base/money.ts'
import { plainText } from '../../base/plain-text.ts'
import { DAY_MS, dayOf } from '../../base/time-zone.ts'
import { isRecord } from '../../base/unknown.ts'
import type { Queryable } from '../../db/database.ts'
import { scalar, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { aboutName } from '../../messages/problem.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import type { Asked } from '../../tmf/serving/endpoint.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import type { View } from '../../tmf/view.ts'
import { DAY } from '../cycles/day.ts'
import { billsByNumber, billsByReference } from './bill-lookup.ts'
import { REFERRED } from './common.ts'
import { pay } from './payment.ts'
import { type Incoming, METHODS, type Receipt } from './receipt.ts'

const REFERENCE_MAX_LENGTH = 256
const BILLS_MAX = 1_000
const REFERENCE_FAULT = FIELDS.reference(REFERENCE_MAX_LENGTH)
const UNIT_FAULT = FIELDS.currency()
const CREDITOR_REFERENCE_FAULT = FIELDS.creditorReference('RF18 5390 0754 7034')
/** The ways to say whose payment it is. */
const WAYS = ['billingAccount', 'billNo', 'creditorReference'] as const
const IN_PLACE = WAYS.filter((way) => way !== 'billingAccount')

/** A positive amount in whole minor units. */
export const AMOUNT = amountOf(amountFault)

/** An amount in whole minor units, above or below zero. */
export const SIGNED_AMOUNT = amountOf((unit, value) =>
  value === 0 ? FIELDS.notZero() : amountFault(unit, Math.abs(value))
)

function amountOf(faultOf: (unit: string, value: number) => string | undefined) {
  return z
    .strictObject({
      unit: z.string({ error: UNIT_FAULT }).refine(isCurrency, { error: UNIT_FAULT }),
      value: z.number({ error: FIELDS.number() })
    })
    .superRefine(({ unit, value }, context) => {
      const message = faultOf(unit, value)
      if (message) context.addIssue({ code: 'custom', path: ['value'], message, input: value })
    })
}

export const RECEIPT = z
  .strictObject({
    billingAccount: REFERRED.nullish().meta({ description: 'The account, unless a bill is named' }),
    billNo: z
      .string({ error: FIELDS.text() })
      .nullish()
      .meta({ description: 'Number of the bill to pay, in place of its account' }),
    creditorReference: z
      .string({ error: CREDITOR_REFERENCE_FAULT })
      .refine(isCreditorReference, { error: CREDITOR_REFERENCE_FAULT })
      .nullish()
      .meta({ description: 'Creditor reference of the bill to pay (ISO 11649), in place of its account' }),
    amount: AMOUNT,
    method: z.enum(METHODS, { error: FIELDS.oneOf(METHODS) }),
    reference: z
      .string({ error: REFERENCE_FAULT })
      .max(REFERENCE_MAX_LENGTH, { error: REFERENCE_FAULT })
      .regex(/\S/, { error: REFERENCE_FAULT })
      .refine((words) => plainText(words) !== '', { error: REFERENCE_FAULT }),
    bills: z
      .array(REFERRED, { error: FIELDS.list() })
      .max(BILLS_MAX, { error: FIELDS.tooManyNamed(BILLS_MAX) })
      .nullish()
      .meta({ description: 'The bills of the account to pay, in this order' }),
    valueDate: DAY.nullish().meta({ description: 'The day on which the money arrived', format: 'date' })
  })
  .superRefine(
    (body, context) => {
      const [given, other] = WAYS.filter((way) => body[way] !== undefined && body[way] !== null)
      const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (given === undefined) fault('billingAccount', FIELDS.requiredUnless(IN_PLACE))
      else if (other !== undefined) fault(other, FIELDS.notBeside(given))
      else if (given !== 'billingAccount' && body.bills) fault('bills', FIELDS.notBeside(given))
    },
    // Told together with the faults of single fields.
    { when: ({ value }) => isRecord(value) }
  )

type Body = z.output<typeof RECEIPT>

/** Takes the payment of a request. Returns its id, or that of the earlier one. */
export async function takePayment(
  { body, view, author }: Asked<unknown, Body>,
  context: RouteContext
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { amount, method, reference, bills, valueDate } = body
  const billIds = bills?.map(({ id }) => id) ?? []
  const repeated = billIds.findIndex((id, at) => billIds.indexOf(id) < at)
  if (repeated >= 0) throw PAYMENTS.billTwice(repeated)
  const own = { reference, nameSpace: nameSpace(view), valueDate: valueDate ?? undefined }
  return context.database.transaction(async (tx) => {
    if (own.valueDate !== undefined) await requireArrived(tx, view.tenantId, own.valueDate, context.clock())
    const { account, billId } = await targetOf(tx, view, body)
    const named = billId === undefined ? billIds : [billId]
    const receipt: Receipt = { amount, method, ...own, billIds: named.length > 0 ? named : undefined }
    return pay(tx, { ...context, author }, account, receipt)
  })
}

/** Money arrives tomorrow at the latest, as a bank may tell this evening. */
async function requireArrived(queryable: Queryable, tenantId: string, valueDate: string, now: Instant): Promise<void> {
  const zone = await queryable.run(prepared`SELECT "time_zone" FROM "tenant" WHERE "id" = ${tenantId}`)
  const tomorrow = (dayOf(Date.parse(now), scalar(zone, text)) + 1) * DAY_MS
  if (Date.parse(valueDate) > tomorrow) throw PAYMENTS.valueDateAhead(new Date(tomorrow).toISOString().slice(0, 10))
}

async function targetOf(
  queryable: Queryable,
  view: View,
  { billingAccount, billNo, creditorReference }: Body
): Promise<Pick<Incoming, 'account'> & { readonly billId?: string }> {
  if (billingAccount) {
    const account = await findAccount(queryable, view, billingAccount.id)
    if (account) return { account }
    throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
  }
  const path = typeof billNo === 'string' ? '$.billNo' : '$.creditorReference'
  const [bill, ...others] =
    typeof billNo === 'string'
      ? await billsByNumber(queryable, view, [billNo])
      : await billsByReference(queryable, view, String(creditorReference))
  if (!bill) throw aboutName(BODIES.unknownReference(path, 'bill'))
  if (others.length > 0) throw PAYMENTS.severalBills(path, others.length + 1)
  const account = (await accountsById(queryable, view, [String(bill.billingAccountId)])).get(
    String(bill.billingAccountId)
  )
  if (!account) throw PAYMENTS.foreignBill(path)
  return { account, billId: bill.id }
}

/** Returns the fault of an amount: it must be positive and in whole minor units. */
export function amountFault(unit: string, value: number): string | undefined {
  const fault = decimalFault(String(value))
  if (fault) return fault
  if (value <= 0) return FIELDS.positive()
  return isInMinorUnits(value, unit) ? undefined : FIELDS.minorUnits(minorDigits(unit), unit)
}
