import { entityTag } from '../../http/conditional.ts'
import { findingAt, listing } from '../../http/findings.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { pagesOf, type QueryReader } from '../../tmf/openapi/endpoint.ts'
import { noParameter } from '../../tmf/query/list-query.ts'
import { parseFieldsOnly } from '../../tmf/query/query.ts'
import { type Endpoint, endpoint, listQuery, versioned } from '../../tmf/serving/endpoint.ts'
import { answerPage, type Requested, urlOf } from '../../tmf/serving/pages.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { COMMON, READ, WRITE } from './common.ts'
import { listPayments, type Payment, type Roots, readPayment, readRow } from './list.ts'
import { reversePayment } from './reversal.ts'
import { PAYMENT_SCHEMA } from './schema.ts'
import { RECEIPT, takePayment } from './taking.ts'

const EXAMPLE = {
  billingAccount: { id: 'BA-100031' },
  amount: { unit: 'EUR', value: 10 },
  method: 'bankTransfer',
  reference: 'Example of a payment'
}

function rootsOf(asked: Requested, context: RouteContext, apiBase: string): Roots {
  return { payments: urlOf(asked, context, 'payment'), api: context.address(asked.request, apiBase).url }
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
    ...COMMON,
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
        context,
        'payment',
        (queryable, range) => listPayments(queryable, asked.view, filter, range),
        (row) => readRow(row, roots).json
      )
    }
  })
}

function take(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
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
      const { id, isNew } = await takePayment(asked, context)
      const { version, json } = await one(asked, context, apiBase, id)
      const location = isNew && { Location: `${rootsOf(asked, context, apiBase).payments}/${id}` }
      return { status: isNew ? 201 : 200, headers: { ETag: entityTag(version), ...location }, json }
    }
  })
}

function retrieve(apiBase: string): Endpoint {
  return endpoint({
    ...COMMON,
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
    ...COMMON,
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
