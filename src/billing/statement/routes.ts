import { z } from 'zod'
import { account } from '../../accounts/account.ts'
import { type Account, findAccount } from '../../accounts/lookup.ts'
import type { Instant } from '../../base/instant.ts'
import { DAY_MS, dayText, startOfDay } from '../../base/time-zone.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import { FIELDS } from '../../messages/field.ts'
import { RESOURCES } from '../../messages/resource.ts'
import { inTurns } from '../../pace/turns.ts'
import { type Endpoint, endpoint, noBody, queryOf } from '../../tmf/serving/endpoint.ts'
import type { Roots } from '../corrections/list.ts'
import { timeZoneOf } from '../cycles/cycle.ts'
import { DAY } from '../cycles/day.ts'
import { STATEMENT_SCHEMA } from './schema.ts'
import { type Movement, readMovement, readStatement, type Statement } from './statement.ts'

function day(description: string) {
  return DAY.transform((text) => Date.parse(text) / DAY_MS).meta({ description, format: 'date' })
}

const QUERY = z
  .strictObject({
    from: day('The first day, in the time zone of the tenant'),
    to: day('The last day'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, { error: FIELDS.currencyCode() })
      .optional()
      .meta({ description: "Currency of the balance; the account's own by default" })
  })
  .refine(({ from, to }) => from <= to, { path: ['from'], error: FIELDS.afterEnd('to') })

export function statementEndpoint(billingBase: string): Endpoint {
  return endpoint({
    method: 'GET',
    path: `/${account.path}/{id}/statement`,
    operationId: 'retrieveBillingAccountStatement',
    tag: account.path,
    summary: 'Read the statement of one BillingAccount',
    description: `Returns the changes of the account's balance, from the ledger; positive is in the holder's favour.
The closing balance is the opening balance plus the payments less the total charges, which are calls, others and
adjustments. The closing balance of one day is the opening balance of the next.`,
    access: { scopes: account.scopes.read, supportsProxy: true },
    query: queryOf(QUERY),
    body: noBody,
    replies: { 200: { description: 'The statement', schema: STATEMENT_SCHEMA } },
    handle: async ({ request, base, params, query, view }, { database, address }) => {
      const found = await findAccount(database, view, String(params.id))
      if (!found) throw RESOURCES.notFound('billing account')
      const { currency = found.invoiceCurrency } = query
      const timeZone = await timeZoneOf(database, view.tenantId)
      const period = {
        tenantId: view.tenantId,
        billingAccountId: found.id,
        currency,
        start: instantOf(query.from, timeZone),
        end: instantOf(query.to + 1, timeZone)
      }
      const statement = await database.transaction((tx) => readStatement(tx, period))
      const roots = { billing: address(request, billingBase).url, api: address(request, base).url }
      const pieces = piecesOf(found, { ...query, currency }, statement, roots)
      return { json: (await Array.fromAsync(inTurns(pieces))).join('') }
    }
  })
}

function instantOf(day: number, timeZone: string): Instant {
  return new Date(startOfDay(day, timeZone)).toISOString()
}

function* piecesOf(
  { id, name }: Account,
  { from, to, currency }: Required<z.output<typeof QUERY>>,
  statement: Statement,
  roots: Roots
): Generator<string> {
  const money = (amount: string) => moneyOf(currency, amount)
  const { movements, openingBalance, payments, adjustments, ...charges } = statement
  const amounts = objectOf({
    billingAccount: JSON.stringify({ id, href: `${roots.api}/accounts/${encodeURIComponent(id)}`, name }),
    from: JSON.stringify(dayText(from)),
    to: JSON.stringify(dayText(to)),
    currency: JSON.stringify(currency),
    openingBalance: money(openingBalance),
    payments: money(payments),
    adjustments: money(adjustments),
    callCharges: money(charges.callCharges),
    otherCharges: money(charges.otherCharges),
    totalCharges: money(charges.totalCharges),
    closingBalance: money(charges.closingBalance)
  })
  yield `${amounts.slice(0, -1)},"movements":[`
  for (const [at, row] of movements.entries()) {
    yield `${at === 0 ? '' : ','}${writeMovement(readMovement(row), money, roots)}`
  }
  yield ']}'
}

function writeMovement(movement: Movement, money: (amount: string) => string, roots: Roots): string {
  return objectOf({
    date: JSON.stringify(movement.date),
    type: JSON.stringify(movement.type),
    amount: money(movement.amount),
    source: JSON.stringify(sourceOf(movement, roots))
  })
}

function sourceOf({ type, isOfBill, sourceId: id }: Movement, { api, billing }: Roots) {
  if (isOfBill) return { type: 'CustomerBill', id, href: `${api}/customerBill/${id}` }
  if (type === 'writeOff') return { type: 'WriteOff', id, href: `${billing}/writeOff/${id}` }
  if (type === 'adjustment') return { type: 'Adjustment', id, href: `${billing}/adjustment/${id}` }
  if (type === 'refund') return { type: 'Refund', id, href: `${billing}/refund/${id}` }
  return { type: 'Payment', id, href: `${billing}/payment/${id}` }
}
