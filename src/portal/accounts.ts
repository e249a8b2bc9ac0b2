import type { CustomerSession } from '../auth/customers/session.ts'
import type { Instant } from '../base/instant.ts'
import { compareDecimals } from '../base/money.ts'
import { DISPUTED } from '../billing/disputes/disputed.ts'
import { PAYABLE } from '../billing/payments/allocation.ts'
import type { Queryable } from '../db/database.ts'
import { boolean, computed, computedRow, decimal, instant, json, optional, rowOf, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { ATTACHMENTS, type Attachment } from '../resources/bill-document.ts'
import { ownedBy } from '../tmf/view.ts'

/** Bills of a page, and one more that tells of a next page. */
export const BILLS_PER_PAGE = 20
/** Open bills that the first page lists, the longest due first. */
const DUE_MAX = 50

type Of = Pick<CustomerSession, 'tenantId' | 'partnerId' | 'accountIds'>

/** Chooses the bills of the customer's accounts, in the view of its provider or partner. */
function seen(session: Of): Sql {
  return sql`${ownedBy(session, 'b')} AND b."billing_account_id" = ANY(${session.accountIds}::text[])
    AND b."issued_as" IS NOT NULL`
}

const BALANCE = computedRow({
  accountId: computed(text, sql`a."id"`),
  accountName: computed(text, sql`a."name"`),
  currency: computed(text, sql`x."currency"`),
  owed: computed(decimal, sql`x."owed"`)
})

export type AccountBalance = ReturnType<typeof BALANCE.read>

/** Returns a balance for each account and currency, as bills show it; positive if the account owes. */
export async function balancesOf(queryable: Queryable, session: Of): Promise<readonly AccountBalance[]> {
  const { tenantId, accountIds } = session
  const { rows } = await queryable.run(prepared`SELECT ${BALANCE.columns} FROM "billing_account" a
      JOIN (SELECT "account", "currency", sum("owed") AS "owed" FROM (
          SELECT "id" AS "account", "invoice_currency" AS "currency", 0 AS "owed" FROM "billing_account"
            WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${accountIds}::text[])
          UNION ALL SELECT "account_id", "currency", -"credit" FROM "account_balance"
            WHERE "tenant_id" = ${tenantId} AND "account_id" = ANY(${accountIds}::text[])
          UNION ALL SELECT b."billing_account_id", b."remaining_amount_unit", b."remaining_amount_value"
            FROM "customer_bill" b WHERE ${seen(session)} AND b."remaining_amount_value" <> 0) o
        GROUP BY "account", "currency") x ON x."account" = a."id"
      WHERE a."tenant_id" = ${tenantId} AND (x."owed" <> 0 OR x."currency" = a."invoice_currency")
      ORDER BY a."name", a."id", x."currency"`)
  return rows.map(BALANCE.read)
}

const BILL = rowOf(
  'customer_bill',
  {
    id: text,
    billNo: optional(text),
    billDate: optional(instant),
    paymentDueDate: optional(instant),
    currency: computed(optional(text), sql`b."amount_due_unit"`),
    amount: computed(optional(decimal), sql`b."amount_due_value"`),
    left: computed(optional(decimal), sql`b."remaining_amount_value"`),
    due: computed(optional(decimal), sql`b."remaining_amount_value" - ${DISPUTED}`),
    disputed: computed(decimal, DISPUTED),
    isOurs: computed(boolean, sql`b."rounding_amount" IS NOT NULL`),
    billDocument: json(ATTACHMENTS)
  },
  'b'
)

export interface Bill {
  readonly id: string
  readonly billNo: string | undefined
  readonly billDate: Instant | undefined
  readonly paymentDueDate: Instant | undefined
  readonly currency: string | undefined
  readonly amount: string | undefined
  readonly left: string | undefined
  /** The part of that which is not disputed. */
  readonly due: string | undefined
  readonly disputed: string
  /** The engine made it; others are disputed where they come from. */
  readonly isOurs: boolean
  readonly billDocument: readonly Attachment[]
}

/** Returns a page of bills, the latest first, and whether there are more. */
export async function billsOf(
  queryable: Queryable,
  session: Of,
  page: number
): Promise<{ readonly bills: readonly Bill[]; readonly isMore: boolean }> {
  const { rows } = await queryable.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b WHERE ${seen(session)}
      ORDER BY b."bill_date" DESC NULLS LAST, b."id" DESC
      LIMIT ${BILLS_PER_PAGE + 1} OFFSET ${(page - 1) * BILLS_PER_PAGE}`)
  return { bills: rows.slice(0, BILLS_PER_PAGE).map(BILL.read), isMore: rows.length > BILLS_PER_PAGE }
}

/** Returns the bills that can be paid, those due first at the beginning. */
export async function dueBillsOf(queryable: Queryable, session: Of): Promise<readonly Bill[]> {
  const { rows } = await queryable.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b
      WHERE ${seen(session)} AND ${PAYABLE} ORDER BY b."payment_due_date" NULLS LAST, b."id" LIMIT ${DUE_MAX}`)
  return rows.map(BILL.read)
}

/** Tells whether the customer sees a bill. */
export async function seesBill(queryable: Queryable, session: Of, id: string): Promise<boolean> {
  const { rowCount } = await queryable.run(
    prepared`SELECT FROM "customer_bill" b WHERE ${seen(session)} AND b."id" = ${id}`
  )
  return rowCount > 0
}

/** Returns a bill that the customer sees. */
export async function billOf(queryable: Queryable, session: Of, id: string): Promise<Bill | undefined> {
  const { rows } = await queryable.run(prepared`SELECT ${BILL.columns} FROM "customer_bill" b
    WHERE ${seen(session)} AND b."id" = ${id}`)
  return rows.map(BILL.read)[0]
}

export function isOpen({ left }: Bill): boolean {
  return left !== undefined && compareDecimals(left, '0') > 0
}
