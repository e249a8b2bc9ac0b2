import Big from 'big.js'
import { z } from 'zod'
import { findAccount } from '../../accounts/lookup.ts'
import { isCurrency } from '../../base/codes.ts'
import { decimalFault, minorDigits } from '../../base/money.ts'
import { plainText } from '../../base/plain-text.ts'
import { entityTag } from '../../http/conditional.ts'
import { findingAt, listing } from '../../http/findings.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { aboutName } from '../../messages/problem.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import { pagesOf, type QueryReader } from '../../tmf/openapi/endpoint.ts'
import { noParameter } from '../../tmf/query/list-query.ts'
import { parseFieldsOnly } from '../../tmf/query/query.ts'
import {
  type Asked,
  anyQuery,
  type Endpoint,
  endpoint,
  listQuery,
  noBody,
  versioned
} from '../../tmf/serving/endpoint.ts'
import { answerPage } from '../../tmf/serving/pages.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { listPayments, type Payment, type Roots, readPayment, readRow } from './list.ts'
import { METHODS, pay, type Receipt } from './payment.ts'
import { reversePayment } from './reversal.ts'
import { PAYMENT_SCHEMA } from './schema.ts'

const REFERENCE_MAX_LENGTH = 256
const BILLS_MAX = 1_000
const REFERENCE_FAULT = FIELDS.reference(REFERENCE_MAX_LENGTH)
const UNIT_FAULT = FIELDS.currency()

const REFERRED = z.strictObject({ id: z.string({ error: FIELDS.text() }) })
const RECEIPT = z.strictObject({
  billingAccount: REFERRED,
  amount: z
    .strictObject({
      unit: z.string({ error: UNIT_FAULT }).refine(isCurrency, { error: UNIT_FAULT }),
      value: z.number({ error: FIELDS.number() })
    })
    .superRefine(({ unit, value }, context) => {
      const message = amountFault(unit, value)
      if (message) context.addIssue({ code: 'custom', path: ['value'], message, input: value })
    }),
  method: z.enum(METHODS, { error: FIELDS.oneOf(METHODS) }),
  reference: z
    .string({ error: REFERENCE_FAULT })
    .max(REFERENCE_MAX_LENGTH, { error: REFERENCE_FAULT })
    .regex(/\S/, { error: REFERENCE_FAULT })
    .refine((text) => plainText(text) !== '', { error: REFERENCE_FAULT }),
  bills: z
    .array(REFERRED, { error: FIELDS.list() })
    .max(BILLS_MAX, { error: FIELDS.tooManyNamed(BILLS_MAX) })
    .nullish()
})

const EXAMPLE = {
  billingAccount: { id: 'BA-100031' },
  amount: { unit: 'EUR', value: 10 },
  method: 'bankTransfer',
  reference: 'Example of a payment'
}

type Requested = Pick<Asked<unknown, unknown>, 'request' | 'base' | 'view'>

const ONE = { tag: 'payment', query: anyQuery, body: noBody } as const
const READ = { scopes: ['account:read'], supportsProxy: true } as const
const WRITE = { scopes: ['account:write'], supportsProxy: true } as const

function rootsOf({ request, base }: Requested, { address }: RouteContext, apiBase: string): Roots {
  return { payments: `${address(request, base).url}/payment`, api: address(request, apiBase).url }
}

function one(asked: Requested, context: RouteContext, apiBase: string, id: string): Promise<Payment> {
  return readPayment(context.database, asked.view, id, rootsOf(asked, context, apiBase))
}

const TAGGED = { schema: PAYMENT_SCHEMA, headers: ['ETag'] } as const

export function paymentEndpoints(apiBase: string): readonly Endpoint[] {
  return [list(apiBase), take(apiBase), retrieve(apiBase), reverse(apiBase)]
}

function list(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'GET',
    path: '/payment',
    operationId: 'listPayment',
    summary: 'Find payments',
    description: 'Returns payments in the order of arrival.',
    access: READ,
    query: listQuery('payment', {
      'billingAccount.id': 'Any of these accounts, by id or alias, separated by commas',
      reference: 'Any of these references'
    }),
    replies: pagesOf(PAYMENT_SCHEMA),
    handle: async (asked, context) => {
      const { values } = asked.query
      const roots = rootsOf(asked, context, apiBase)
      const filter = { accounts: values['billingAccount.id'], references: values.reference }
      return answerPage(
        asked,
        context.database,
        roots.payments,
        (queryable, range) => listPayments(queryable, asked.view, filter, range),
        (row) => readRow(row, roots).json
      )
    }
  })
}

function take(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'POST',
    path: '/payment',
    operationId: 'createPayment',
    summary: 'Take a payment',
    description: `Pays the named bills, or those due first; the rest becomes credit of the account. The same reference
with the same content means the earlier payment.`,
    access: WRITE,
    body: RECEIPT,
    example: EXAMPLE,
    failures: [409],
    replies: {
      200: { description: 'The earlier payment', ...TAGGED },
      201: { description: 'The payment', schema: PAYMENT_SCHEMA, headers: ['ETag', 'Location'] }
    },
    handle: async (asked, context) => {
      const { id, isNew } = await create(asked, context)
      const { version, json } = await one(asked, context, apiBase, id)
      const location = isNew && { Location: `${rootsOf(asked, context, apiBase).payments}/${id}` }
      return { status: isNew ? 201 : 200, headers: { ETag: entityTag(version), ...location }, json }
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'GET',
    path: '/payment/{id}',
    operationId: 'retrievePayment',
    summary: 'Read one payment',
    description: 'Returns a payment with the bills that it pays, and its rest as credit.',
    access: READ,
    headers: ['IfNoneMatch'],
    query: WHOLE,
    replies: {
      200: { description: 'The payment', ...TAGGED },
      304: { description: 'Unchanged since the version that `If-None-Match` names', headers: ['ETag'] }
    },
    handle: async (asked, context) => {
      const { version, json } = await one(asked, context, apiBase, String(asked.params.id))
      return versioned(asked.request, version, json)
    }
  })
}

function reverse(apiBase: string): Endpoint {
  return endpoint({
    ...ONE,
    method: 'POST',
    path: '/payment/{id}/reverse',
    operationId: 'reversePayment',
    summary: 'Reverse a payment',
    description: 'Reverses a payment, once: the bills that it paid are due again.',
    access: WRITE,
    failures: [409],
    replies: { 200: { description: 'The payment, reversed', ...TAGGED } },
    handle: async (asked, context) => {
      const { view, author } = asked
      const id = String(asked.params.id)
      await context.database.transaction((tx) => reversePayment(tx, { ...context, author }, view, id))
      const { version, json } = await one(asked, context, apiBase, id)
      return { headers: { ETag: entityTag(version) }, json }
    }
  })
}

/** Refuses `fields`: a payment is returned whole. */
const WHOLE: QueryReader<undefined> = {
  parameters: [],
  read: (raw) => {
    if (parseFieldsOnly(raw)) throw listing(PAYMENTS.noFields(), [findingAt('fields', noParameter([]))])
  }
}

async function create({ body, view, author }: Asked<unknown, z.output<typeof RECEIPT>>, context: RouteContext) {
  const { billingAccount, amount, method, reference, bills } = body
  const billIds = bills?.map(({ id }) => id) ?? []
  const repeated = billIds.findIndex((id, at) => billIds.indexOf(id) < at)
  if (repeated >= 0) throw PAYMENTS.billTwice(repeated)
  const own = { reference, nameSpace: nameSpace(view) }
  const receipt: Receipt = { amount, method, ...own, billIds: billIds.length > 0 ? billIds : undefined }
  return context.database.transaction(async (tx) => {
    const account = await findAccount(tx, view, billingAccount.id)
    if (account) return pay(tx, { ...context, author }, account, receipt)
    throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account'))
  })
}

/** Returns the fault of an amount: it must be positive and in whole minor units. */
function amountFault(unit: string, value: number): string | undefined {
  const fault = decimalFault(String(value))
  if (fault) return fault
  if (value <= 0) return FIELDS.positive()
  const digits = minorDigits(unit)
  return new Big(value).round(digits, Big.roundDown).eq(value) ? undefined : FIELDS.minorUnits(digits, unit)
}
