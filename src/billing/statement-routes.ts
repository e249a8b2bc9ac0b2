import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Account, findAccount } from '../accounts/lookup.ts'
import { type Instant, parseDay } from '../base/instant.ts'
import { Problem } from '../base/problem.ts'
import { DAY_MS, startOfDay } from '../base/time-zone.ts'
import type { Queryable } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { rawQuery } from '../tmf/address.ts'
import type { RouteContext } from '../tmf/routes.ts'
import { moneyOf, objectOf } from './json.ts'
import type { Roots } from './payment-list.ts'
import { type Movement, readStatement, type Statement } from './statement.ts'

type ItemRequest = FastifyRequest<{ Params: { id: string } }>

/** Days of which every zone knows when they begin and end. */
const DAY_FIRST = '1970-01-01'
const DAY_LAST = '9998-12-31'

/** Registers the statements of accounts below a base path of the API; payments stand below `paymentBase`. */
export function registerStatement(
  app: FastifyInstance,
  base: string,
  context: RouteContext,
  paymentBase: string
): void {
  const config = { access: { scopes: ['account:read'], supportsProxy: true } }
  app.get(`${base}/accounts/:id/statement`, { config }, async (request: ItemRequest, reply) => {
    const asked = readQuery(rawQuery(request))
    const { view } = context.requester(request)
    const account = await findAccount(context.database, view, request.params.id)
    if (!account) throw new Problem('notFound', 'There is no billing account with this id')
    const { currency = account.invoiceCurrency } = asked
    const timeZone = await timeZoneOf(context.database, view.tenantId)
    const period = {
      tenantId: view.tenantId,
      billingAccountId: account.id,
      currency,
      start: instantOf(asked.from, timeZone),
      end: instantOf(asked.to + 1, timeZone)
    }
    const statement = await context.database.transaction((tx) => readStatement(tx, period))
    const roots = {
      payments: `${context.address(request, paymentBase).url}/payment`,
      api: context.address(request, base).url
    }
    reply.type('application/json;charset=utf-8')
    return write(account, { ...asked, currency }, statement, roots)
  })
}

/** What is asked for; days count from 1 January 1970. */
interface Asked {
  readonly from: number
  readonly to: number
  readonly currency?: string
}

function readQuery(raw: string): Asked {
  const query = new URLSearchParams(raw)
  for (const name of query.keys()) {
    if (!['from', 'to', 'currency'].includes(name)) {
      throw new Problem('invalidQuery', 'a statement takes from, to and currency only')
    }
    if (query.getAll(name).length > 1) throw new Problem('invalidQuery', `${name} may be given once only`)
  }
  const [from, to] = [readDay('from', query.get('from')), readDay('to', query.get('to'))]
  if (from > to) throw new Problem('invalidQuery', 'from must not be after to')
  const currency = query.get('currency')
  if (currency === null) return { from, to }
  if (/^[A-Z]{3}$/.test(currency)) return { from, to, currency }
  throw new Problem('invalidQuery', 'currency must be three letters of ISO 4217')
}

function readDay(name: string, text: string | null): number {
  const day = text === null ? undefined : parseDay(text)
  if (text !== null && day && text >= DAY_FIRST && text <= DAY_LAST) return Date.parse(day[0]) / DAY_MS
  throw new Problem('invalidQuery', `${name} must be a day such as 2026-01-31, from ${DAY_FIRST} to ${DAY_LAST}`)
}

async function timeZoneOf(queryable: Queryable, tenantId: string): Promise<string> {
  const { rows } = await queryable.run(sql`SELECT "time_zone" FROM "tenant" WHERE "id" = ${tenantId}`)
  return String(rows[0]?.[0])
}

function instantOf(day: number, timeZone: string): Instant {
  return new Date(startOfDay(day, timeZone)).toISOString()
}

function write({ id, name }: Account, { from, to, currency }: Required<Asked>, statement: Statement, roots: Roots) {
  const money = (amount: string) => moneyOf(currency, amount)
  const { movements, openingBalance, payments, adjustments, ...charges } = statement
  return objectOf({
    billingAccount: JSON.stringify({ id, href: `${roots.api}/accounts/${encodeURIComponent(id)}`, name }),
    from: JSON.stringify(textOf(from)),
    to: JSON.stringify(textOf(to)),
    currency: JSON.stringify(currency),
    openingBalance: money(openingBalance),
    payments: money(payments),
    adjustments: money(adjustments),
    callCharges: money(charges.callCharges),
    otherCharges: money(charges.otherCharges),
    totalCharges: money(charges.totalCharges),
    closingBalance: money(charges.closingBalance),
    movements: `[${movements.map((movement) => writeMovement(movement, money, roots)).join()}]`
  })
}

function writeMovement(
  { date, type, isOfBill, sourceId: id, amount }: Movement,
  money: (amount: string) => string,
  roots: Roots
): string {
  const href = isOfBill ? `${roots.api}/customerBill/${id}` : `${roots.payments}/${id}`
  const source = { type: isOfBill ? 'CustomerBill' : 'Payment', id, href }
  return objectOf({
    date: JSON.stringify(date),
    type: JSON.stringify(type),
    amount: money(amount),
    source: JSON.stringify(source)
  })
}

/** A day as ISO 8601 writes it. */
function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
