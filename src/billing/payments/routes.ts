import Big from 'big.js'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findAccount } from '../../accounts/lookup.ts'
import { isCurrency } from '../../base/codes.ts'
import { decimalFault, minorDigits } from '../../base/money.ts'
import { aboutName, Problem } from '../../base/problem.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { rawQuery } from '../../http/address.ts'
import { entityTag, isUnchanged } from '../../http/conditional.ts'
import { readBody } from '../../http/read-body.ts'
import { weighed } from '../../tmf/cost.ts'
import { nameSpace } from '../../tmf/declaration/own-names.ts'
import type { Predicate } from '../../tmf/declaration/predicate.ts'
import { parseFieldsOnly, parseQuery } from '../../tmf/query/query.ts'
import { pageHeaders } from '../../tmf/serving/links.ts'
import { writeList } from '../../tmf/serving/list-text.ts'
import type { RouteContext } from '../../tmf/serving/routes.ts'
import { listPayments, type Payment, type PaymentFilter, type Roots, readPayment } from './list.ts'
import { METHODS, pay, type Receipt } from './payment.ts'
import { reversePayment } from './reversal.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

const DEFAULT_LIMIT = 100
const LIMIT_MAX = 1_000
const REFERENCE_MAX_LENGTH = 256
const BILLS_MAX = 1_000
const REFERENCE_FAULT = `must be a text of at most ${REFERENCE_MAX_LENGTH} characters, and not blank`
const UNIT_FAULT = 'must be a currency of ISO 4217, such as EUR'
const JSON_TYPE = 'application/json;charset=utf-8'

const REFERRED = z.strictObject({ id: z.string({ error: 'must be a text' }) })
const NOTHING = z.strictObject({})
/** What a payment is posted as. */
const RECEIPT = z.strictObject({
  billingAccount: REFERRED,
  amount: z
    .strictObject({
      unit: z.string({ error: UNIT_FAULT }).refine(isCurrency, { error: UNIT_FAULT }),
      value: z.number({ error: 'must be a number' })
    })
    .superRefine(({ unit, value }, context) => {
      const message = amountFault(unit, value)
      if (message) context.addIssue({ code: 'custom', path: ['value'], message, input: value })
    }),
  method: z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` }),
  reference: z
    .string({ error: REFERENCE_FAULT })
    .max(REFERENCE_MAX_LENGTH, { error: REFERENCE_FAULT })
    .regex(/\S/, { error: REFERENCE_FAULT }),
  bills: z
    .array(REFERRED, { error: 'must be a list' })
    .max(BILLS_MAX, { error: `must not name more than ${BILLS_MAX}` })
    .nullish()
})

/** Registers the payments below a base path, e.g. `/billing/v1`; the API at `apiBase` has the bills and accounts. */
export function registerPayments(app: FastifyInstance, base: string, context: RouteContext, apiBase: string): void {
  const opened = (scope: string) => ({ config: { access: { scopes: [scope], supportsProxy: true } } })
  const [read, write] = [opened('account:read'), opened('account:write')]
  const rootsOf = (request: FastifyRequest): Roots => ({
    payments: `${context.address(request, base).url}/payment`,
    api: context.address(request, apiBase).url
  })
  const one = (request: FastifyRequest, id: string) =>
    readPayment(context.database, context.requester(request).view, id, rootsOf(request))
  app.get(`${base}/payment`, read, (request, reply) => list(request, reply, context, rootsOf(request)))
  app.post(`${base}/payment`, write, async (request, reply) => {
    const { id, isNew } = await create(request, context)
    if (isNew) reply.code(201).header('Location', `${rootsOf(request).payments}/${id}`)
    return send(reply, await one(request, id))
  })
  app.get(`${base}/payment/:id`, read, async (request: ItemRequest, reply) => {
    if (parseFieldsOnly(rawQuery(request))) throw new Problem('invalidQuery', 'a payment is answered as a whole')
    const payment = await one(request, request.params.id)
    const tag = entityTag(payment.version)
    if (isUnchanged(request.headers['if-none-match'], tag)) return reply.code(304).header('ETag', tag).send()
    return send(reply, payment)
  })
  app.post(`${base}/payment/:id/reverse`, write, async (request: ItemRequest, reply) => {
    readBody(NOTHING, request.body ?? {})
    const { view, author } = context.requester(request)
    const { id } = request.params
    await context.database.transaction((tx) => reversePayment(tx, { ...context, author }, view, id))
    return send(reply, await one(request, id))
  })
}

function send(reply: FastifyReply, { version, json }: Payment): FastifyReply {
  return reply.header('ETag', entityTag(version)).type(JSON_TYPE).send(json)
}

async function create(request: FastifyRequest, context: RouteContext) {
  if (request.body === undefined) throw new Problem('missingBody', 'The request needs a JSON body')
  const { billingAccount, amount, method, reference, bills } = readBody(RECEIPT, request.body)
  const billIds = bills?.map(({ id }) => id) ?? []
  const repeated = billIds.findIndex((id, at) => billIds.indexOf(id) < at)
  if (repeated >= 0) throw new Problem('invalidField', `$.bills[${repeated}].id names a bill for the second time`)
  const { view, author } = context.requester(request)
  const own = { reference, nameSpace: nameSpace(view) }
  const receipt: Receipt = { amount, method, ...own, billIds: billIds.length > 0 ? billIds : undefined }
  return context.database.transaction(async (tx) => {
    const account = await findAccount(tx, view, billingAccount.id)
    if (account) return pay(tx, { ...context, author }, account, receipt)
    throw aboutName(new Problem('invalidField', '$.billingAccount.id names no billing account of this service'))
  })
}

/** What is wrong with an amount: a payment is more than nothing, and made in whole minor units. */
function amountFault(unit: string, value: number): string | undefined {
  const fault = decimalFault(String(value))
  if (fault) return fault
  if (value <= 0) return 'must be more than 0'
  const digits = minorDigits(unit)
  return new Big(value).round(digits, Big.roundDown).eq(value)
    ? undefined
    : `must have at most ${digits} decimal places, as ${unit} has`
}

async function list(
  request: FastifyRequest,
  reply: FastifyReply,
  { database, requester }: RouteContext,
  roots: Roots
): Promise<FastifyReply> {
  const query = parseQuery(rawQuery(request))
  if (query.fields || query.sort.length > 0 || query.after) throw new Problem('invalidQuery', TAKEN)
  const page = { offset: query.offset ?? 0, limit: Math.min(query.limit ?? DEFAULT_LIMIT, LIMIT_MAX) }
  const queryable = weighed(slotOf(request), database)
  const { payments, total } = await listPayments(queryable, requester(request).view, filterOf(query.where), page, roots)
  const isPaged = query.offset !== undefined || query.limit !== undefined
  pageHeaders(reply, roots.payments, query.link, { ...page, isPaged, count: payments.length, total })
  return reply.type(JSON_TYPE).send(await writeList(payments, ({ json }) => json))
}

const TAKEN = 'payment takes billingAccount.id, reference, offset and limit only'

function filterOf(where: Predicate | undefined): PaymentFilter {
  if (!where) return {}
  const named = new Map<string, readonly string[]>()
  for (const term of where.op === 'and' ? where.terms : [where]) {
    if (term.op !== 'compare' || term.operator !== 'eq') throw new Problem('invalidQuery', TAKEN)
    named.set(term.path.join('.'), term.values)
  }
  const { 'billingAccount.id': accounts, reference: references, ...others } = Object.fromEntries(named)
  if (Object.keys(others).length > 0) throw new Problem('invalidQuery', TAKEN)
  return { accounts, references }
}
