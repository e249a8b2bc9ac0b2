import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Account, findAccount } from '../accounts/lookup.ts'
import { afterAll, type Instant, instantFromPostgres, parseInstant } from '../base/instant.ts'
import { minorDigits } from '../base/money.ts'
import { Problem } from '../base/problem.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { readBody } from '../tmf/read-body.ts'
import type { RouteContext } from '../tmf/routes.ts'
import { draftBills } from './draft.ts'
import { moneyOf, objectOf } from './json.ts'

/** So many lines are shown; all of them count. */
const LINES_SHOWN_MAX = 10_000
const UNTIL_FAULT = 'must be an RFC 3339 date-time'
const WANTED = z.strictObject({
  billingAccount: z.strictObject(
    { id: z.string({ error: 'must be a text' }) },
    { error: 'must be an object with an id' }
  ),
  until: z.string({ error: UNTIL_FAULT }).optional()
})

/** Registers the preview below a base path, e.g. `/billing/v1`; the API at `apiBase` has the accounts and rates. */
export function registerPreview(app: FastifyInstance, base: string, context: RouteContext, apiBase: string): void {
  const config = { access: { scopes: ['bill:read'], supportsProxy: true } }
  app.post(`${base}/preview`, { config }, async (request: FastifyRequest, reply) => {
    if (request.body === undefined) throw new Problem('missingBody', 'The request needs a JSON body')
    const { billingAccount, until } = readBody(WANTED, request.body)
    const given = until === undefined ? undefined : parseInstant(until)
    if (until !== undefined && given === undefined) throw new Problem('invalidField', `$.until ${UNTIL_FAULT}`)
    const { view } = context.requester(request)
    const root = context.address(request, apiBase).url
    const json = await context.database.transaction(async (tx) => {
      const account = await findAccount(tx, view, billingAccount.id)
      // Here the clock is no earlier than anything that was acknowledged before.
      if (account) return previewBill(tx, view.tenantId, account, given ?? afterAll(context.clock()), root)
      throw new Problem('invalidField', '$.billingAccount.id names no billing account of this service')
    })
    return reply.type('application/json;charset=utf-8').send(json)
  })
}

/**
 * The bill that a request for one would bring now, over the rates before an instant, as JSON. It is drafted like any
 * other and thrown away: nothing is written. Without anything to bill its amounts are 0. Throws `conflict` with the
 * reason why the account cannot be billed as it is.
 */
async function previewBill(
  tx: Transaction,
  tenantId: string,
  account: Account,
  until: Instant,
  root: string
): Promise<string> {
  if (account.status !== 'ACTIVE') throw new Problem('conflict', `The billing account is ${account.status}`)
  const charging = { tenantId, accounts: sql`a."id" = ${account.id}`, chargeDate: until, taxDate: until }
  const { parked } = await draftBills(tx, charging)
  if (parked[0]) throw new Problem('conflict', parked[0].reason)
  const { rows } = await tx.run(sql`SELECT "lines", coalesce("tax_excluded", 0), coalesce("tax_included", 0),
    coalesce("rounding", 0), "taxes" FROM "pg_temp"."bill_draft"`)
  const [count = '', excluded = '', included = '', rounding = '', taxes = ''] = (rows[0] ?? []).map(String)
  const { id, name, invoiceCurrency } = account
  const money = (amount: string) => moneyOf(invoiceCurrency, amount)
  return objectOf({
    billingAccount: JSON.stringify({ id, href: `${root}/accounts/${encodeURIComponent(id)}`, name }),
    billingPeriod: JSON.stringify({ endDateTime: until }),
    taxExcludedAmount: money(excluded),
    taxIncludedAmount: money(included),
    amountDue: money(included),
    taxItem: taxes,
    rounding: money(rounding),
    lineCount: count,
    lines: `[${(await linesOf(tx, tenantId, invoiceCurrency, root)).join()}]`
  })
}

/** The lines in the order of their dates, each with its exact amount and the one that the bill shows. */
async function linesOf(tx: Transaction, tenantId: string, currency: string, root: string): Promise<readonly string[]> {
  const { rows } = await tx.run(sql`SELECT r."id", r."name", r."date", l."kind", l."amount",
      round(l."amount", ${minorDigits(currency)}::int)
    FROM "pg_temp"."bill_draft_line" l
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = ${tenantId} AND r."id" = l."rate"
    ORDER BY r."date", r."id" LIMIT ${LINES_SHOWN_MAX}`)
  return rows.map(([id, name, date, kind, exact, shown]) =>
    objectOf({
      rate: JSON.stringify({ id, href: `${root}/appliedCustomerBillingRate/${id}` }),
      name: name ? JSON.stringify(name) : undefined,
      date: JSON.stringify(instantFromPostgres(String(date))),
      type: JSON.stringify(kind),
      taxExcludedAmount: moneyOf(currency, String(exact)),
      shownAmount: moneyOf(currency, String(shown))
    })
  )
}
