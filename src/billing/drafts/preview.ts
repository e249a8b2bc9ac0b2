import { z } from 'zod'
import { type Account, findAccount } from '../../accounts/lookup.ts'
import { afterAll, type Instant, parseInstant } from '../../base/instant.ts'
import { minorDigits } from '../../base/money.ts'
import type { Queryable, Row, Transaction } from '../../db/database.ts'
import { computed, computedRow, count, decimal, instant, integer, optional, rowOf, scalar, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import { slotOf } from '../../fairness/request-slot.ts'
import { moneyOf, objectOf } from '../../http/json.ts'
import { BILLS } from '../../messages/bill.ts'
import { BODIES } from '../../messages/body.ts'
import { FIELDS } from '../../messages/field.ts'
import { inTurns } from '../../pace/turns.ts'
import { anyQuery, type Endpoint, endpoint } from '../../tmf/serving/endpoint.ts'
import { draftBills } from './draft.ts'
import { PREVIEW_SCHEMA } from './schema.ts'
import { DRAFT_TABLE, LINE_TABLE } from './tables.ts'

const LINES_SHOWN_MAX = 10_000
/** Limit of a preview, a few seconds of the database; beyond it, a dry run works in the background. */
const RATES_MAX = 100_000
/** A larger preview takes a slot for expensive work. */
const WRITE_RATES_MAX = 1_000
const UNTIL_FAULT = FIELDS.until()
const WANTED = z.strictObject({
  billingAccount: z.strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() }),
  until: z
    .string({ error: UNTIL_FAULT })
    .refine((text) => parseInstant(text) !== undefined, { error: UNTIL_FAULT })
    .optional()
})

export function previewEndpoint(apiBase: string): Endpoint {
  return endpoint({
    method: 'POST',
    path: '/preview',
    operationId: 'previewBill',
    tag: 'preview',
    summary: 'Preview the next bill of an account',
    description: 'Computes the bill that an account would get now, or at another time. Stores nothing.',
    access: { scopes: ['bill:read'], supportsProxy: true },
    query: anyQuery,
    body: WANTED,
    example: { billingAccount: { id: 'BA-100031' } },
    failures: [409],
    replies: { 200: { description: 'The bill with its lines', schema: PREVIEW_SCHEMA } },
    handle: async ({ request, body, view }, { database, clock, address }) => {
      const { billingAccount, until } = body
      const given = until === undefined ? undefined : parseInstant(until)
      const root = address(request, apiBase).url
      const account = await findAccount(database, view, billingAccount.id)
      if (!account) throw BODIES.unknownReference('$.billingAccount.id', 'billing account')
      if (await hasMany(database, view.tenantId, account.id)) await slotOf(request).become('expensive')
      // In the transaction the clock is not before anything acknowledged earlier.
      const end = given ?? afterAll(clock())
      const preview = await database.transaction((tx) => previewBill(tx, view.tenantId, account, end, root))
      return { json: (await Array.fromAsync(inTurns(piecesOf(preview)))).join('') }
    }
  })
}

/** A bill without its lines, and the lines as rows: they are written after the transaction. */
interface Preview {
  readonly bill: string
  readonly lines: readonly Row[]
  readonly currency: string
  readonly root: string
}

/** `taxes` is JSON. */
const DRAFT = computedRow({
  lines: integer,
  excluded: computed(decimal, sql`coalesce("tax_excluded", 0)`),
  included: computed(decimal, sql`coalesce("tax_included", 0)`),
  rounding: computed(decimal, sql`coalesce("rounding", 0)`),
  taxes: text
})

/**
 * Returns the bill that a request would make now, from rates before an instant. Drafts it like any other and writes
 * nothing. Without anything to bill its amounts are 0. Throws `conflict` with the reason if the account cannot be
 * billed as it is.
 */
async function previewBill(
  tx: Transaction,
  tenantId: string,
  account: Account,
  until: Instant,
  root: string
): Promise<Preview> {
  if (account.status !== 'ACTIVE') throw BILLS.accountInactive(account.status)
  const charging = { tenantId, accounts: sql`a."id" = ${account.id}`, chargeDate: until, taxDate: until }
  const { parked } = await draftBills(tx, charging)
  if (parked[0]) throw BILLS.notDrafted(parked[0].reason.text)
  const draft = DRAFT.one(await tx.run(sql`SELECT ${DRAFT.columns} FROM ${DRAFT_TABLE}`))
  const { id, name, invoiceCurrency } = account
  const money = (amount: string) => moneyOf(invoiceCurrency, amount)
  const bill = objectOf({
    billingAccount: JSON.stringify({ id, href: `${root}/accounts/${encodeURIComponent(id)}`, name }),
    billingPeriod: JSON.stringify({ endDateTime: until }),
    taxExcludedAmount: money(draft.excluded),
    taxIncludedAmount: money(draft.included),
    amountDue: money(draft.included),
    taxItem: draft.taxes,
    rounding: money(draft.rounding),
    lineCount: String(draft.lines)
  })
  return { bill, lines: await readLines(tx, tenantId, invoiceCurrency), currency: invoiceCurrency, root }
}

/** Finds whether a preview is expensive. Throws `conflict` for too many rates. */
async function hasMany(queryable: Queryable, tenantId: string, accountId: string): Promise<boolean> {
  const counted = await queryable.run(prepared`SELECT count(*) FROM (SELECT FROM "applied_customer_billing_rate"
      WHERE "tenant_id" = ${tenantId} AND "billing_account_id" = ${accountId} AND NOT "is_billed"
      LIMIT ${RATES_MAX + 1}) r`)
  const rates = scalar(counted, count)
  if (rates <= RATES_MAX) return rates > WRITE_RATES_MAX
  throw BILLS.previewTooLarge(RATES_MAX)
}

const LINE = rowOf(
  'applied_customer_billing_rate',
  {
    id: text,
    name: optional(text),
    date: optional(instant),
    kind: computed(text, sql`l."kind"`),
    exact: computed(decimal, sql`l."amount"`),
    shown: computed(decimal, sql`l."shown"`)
  },
  'r'
)

async function readLines(tx: Transaction, tenantId: string, currency: string): Promise<readonly Row[]> {
  const { rows } = await tx.run(sql`SELECT ${LINE.columns}
    FROM (SELECT *, round("amount", ${minorDigits(currency)}::int) AS "shown" FROM ${LINE_TABLE}) l
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = ${tenantId} AND r."id" = l."rate"
    ORDER BY r."date", r."id" LIMIT ${LINES_SHOWN_MAX}`)
  return rows
}

function* piecesOf({ bill, lines, currency, root }: Preview): Generator<string> {
  yield `${bill.slice(0, -1)},"lines":[`
  for (const [at, row] of lines.entries()) {
    const { id, name, date, kind, exact, shown } = LINE.read(row)
    const line = objectOf({
      rate: JSON.stringify({ id, href: `${root}/appliedCustomerBillingRate/${id}` }),
      name: name ? JSON.stringify(name) : undefined,
      date: date && JSON.stringify(date),
      type: JSON.stringify(kind),
      taxExcludedAmount: moneyOf(currency, exact),
      shownAmount: moneyOf(currency, shown)
    })
    yield at === 0 ? line : `,${line}`
  }
  yield ']}'
}
