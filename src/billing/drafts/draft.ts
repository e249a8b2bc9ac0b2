import { z } from 'zod'
import type { Instant } from '../../base/instant.ts'
import { minorDigits } from '../../base/money.ts'
import type { Transaction } from '../../db/database.ts'
import { computed, computedRow, count, json, rowOf, text } from '../../db/row.ts'
import { join, type Sql, sql } from '../../db/sql.ts'
import type { Reason } from '../../messages/message.ts'
import { REASONS, type SKIPS } from '../../messages/reason.ts'
import { createTables, DRAFT_TABLE, LINE_TABLE } from './tables.ts'

export interface Charging {
  readonly tenantId: string
  /** A condition on "billing_account" under the name `a`, besides its tenant. */
  readonly accounts: Sql
  /** Only these rates count, as a condition on them under the name `r`; all of these, whatever their dates. */
  readonly rates?: Sql
  /** Earlier rates count; later ones wait for the next bill. */
  readonly chargeDate: Instant
  /** The date for credits, if it differs. */
  readonly creditDate?: Instant
  /** The tax profile of an account must be valid then. */
  readonly taxDate: Instant
}

export interface Drafted {
  readonly ready: number
  readonly skipped: Readonly<Record<string, number>>
  readonly parked: readonly { readonly billingAccount: string; readonly reason: Reason }[]
}

const NOTHING_TO_BILL = 'nothingToBill' satisfies keyof typeof SKIPS

/**
 * Computes the bills of some accounts and their lines into the tables of tables.ts, which last as long as the
 * transaction. Changes nothing else. Runs as one aggregation for any number of accounts.
 *
 * Lines with the same taxes form a group, whose base is their exact sum. Each base is rounded once, and so is the tax
 * on it, half away from zero. The rounding is the difference between the bases and the lines, each rounded for display.
 */
export async function draftBills(tx: Transaction, charging: Charging): Promise<Drafted> {
  await createTables(tx)
  const { rows } = await tx.run(sql`SELECT DISTINCT ${CURRENCY.columns} FROM "billing_account" a
    WHERE a."tenant_id" = ${charging.tenantId} AND ${charging.accounts}`)
  const digits = rows.map(CURRENCY.read).map(({ invoiceCurrency: currency }) => {
    return sql`(${currency}::text, ${minorDigits(currency)}::int)`
  })
  if (digits.length === 0) return { ready: 0, skipped: {}, parked: [] }
  await tx.run(linesStatement(charging))
  await tx.run(sql`ANALYZE ${LINE_TABLE}`)
  await tx.run(draftStatement(charging, join(digits)))
  return outcome(tx)
}

const CURRENCY = rowOf('billing_account', { invoiceCurrency: text }, 'a')

/**
 * Selects the rates `r` that are due on a bill up to two dates. A rate without a date is always due.
 */
function due(chargeDate: Sql, creditDate: Sql): Sql {
  return sql`(r."date" < CASE WHEN r."rate_type" = 'appliedBillingCredit' THEN ${creditDate} ELSE ${chargeDate} END
    OR r."date" IS NULL)`
}

/**
 * A partner's rates are billed to its own accounts only. They may have arrived before its account, and name it without
 * the partner's own id in front.
 */
function linesStatement({ tenantId, accounts, rates, chargeDate, creditDate = chargeDate }: Charging): Sql {
  return sql`INSERT INTO ${LINE_TABLE}
      ("account", "rate", "place", "version", "kind", "unit", "amount", "taxes", "tax_key")
    SELECT a."id", r."id", r.ctid, r."version", coalesce(r."rate_type", 'appliedBillingCharge'),
      r."tax_excluded_amount_unit", r."tax_excluded_amount_value", t."taxes",
      (SELECT string_agg(concat(x->>'taxCategory', ':', x->>'taxRate'), ',' ORDER BY x->>'taxCategory', x->>'taxRate')
        FROM jsonb_array_elements(t."taxes") x)
    FROM (
      SELECT a."id", a."partner_id", a."id" AS "name" FROM "billing_account" a
      WHERE a."tenant_id" = ${tenantId} AND ${accounts}
      UNION ALL
      SELECT a."id", a."partner_id", "own_name"(a."partner_id", a."id") FROM "billing_account" a
      WHERE a."tenant_id" = ${tenantId} AND ${accounts} AND starts_with(a."id", a."partner_id" || ':')) a
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = ${tenantId} AND r."billing_account_id" = a."name"
      AND (a."name" = a."id" OR r."partner_id" = a."partner_id")
    CROSS JOIN LATERAL (SELECT nullif(r."applied_tax", '[]') AS "taxes") t
    WHERE NOT r."is_billed" AND (r."partner_id" IS NULL OR r."partner_id" = a."partner_id")
      AND ${rates ?? due(sql`${chargeDate}::timestamptz`, sql`${creditDate}::timestamptz`)}`
}

/**
 * Returns the part of a tax profile that applies at a time to lines without taxes of their own: an exemption, or rates.
 */
export function appliedProfile(profile: Sql, at: Sql): Sql {
  return sql`CASE WHEN (${profile}->>'exempt')::boolean
    THEN jsonb_strip_nulls(jsonb_build_object('exempt', true, 'exemptReason', ${profile}->'exemptReason'))
    ELSE jsonb_build_object('rates', coalesce((
      SELECT jsonb_agg(jsonb_build_object('taxCategory', p->'taxCategory', 'taxRate', p->'taxRate')
        ORDER BY p->>'taxCategory')
      FROM jsonb_array_elements(${profile}->'rates') p
      WHERE ${at} >= coalesce((p#>>'{validFor,startDateTime}')::timestamptz, '-infinity')
        AND ${at} < coalesce((p#>>'{validFor,endDateTime}')::timestamptz, 'infinity')), '[]')) END`
}

function draftStatement({ tenantId, accounts, taxDate }: Charging, digits: Sql): Sql {
  return sql`WITH
    -- The accounts, with the digits of their currencies and the tax profiles that hold.
    "a" AS (
      SELECT a."id", a."partner_id" AS "partner", a."invoice_currency" AS "currency", d."digits",
        ${appliedProfile(sql`a."tax_profile"`, sql`${taxDate}::timestamptz`)} AS "profile"
      FROM "billing_account" a JOIN (VALUES ${digits}) d("currency", "digits") ON d."currency" = a."invoice_currency"
      WHERE a."tenant_id" = ${tenantId} AND ${accounts}),
    -- The exact sum of the lines of an account with the same given taxes.
    "groups" AS (
      SELECT l."account", l."tax_key", a."digits", sum(l."amount") AS "base"
      FROM ${LINE_TABLE} l JOIN "a" a ON a."id" = l."account" GROUP BY 1, 2, 3),
    -- Each sum rounded once: the base of the bill.
    "bases" AS (SELECT "account", sum(round("base", "digits")) AS "excluded" FROM "groups" GROUP BY 1),
    -- The taxes of the sums by the profile of the account, and those that lines were given.
    "raw_taxes" AS (
      SELECT g."account", g."digits", p->>'taxCategory' AS "category", (p->>'taxRate')::numeric AS "rate",
        g."base" * (p->>'taxRate')::numeric AS "amount", NULL AS "unit"
      FROM "groups" g JOIN "a" a ON a."id" = g."account" CROSS JOIN LATERAL jsonb_array_elements(a."profile"->'rates') p
      WHERE g."tax_key" IS NULL
      UNION ALL
      SELECT l."account", a."digits", x->>'taxCategory', (x->>'taxRate')::numeric, (x#>>'{taxAmount,value}')::numeric,
        x#>>'{taxAmount,unit}'
      FROM ${LINE_TABLE} l JOIN "a" a ON a."id" = l."account"
      CROSS JOIN LATERAL jsonb_array_elements(l."taxes") x),
    -- Each tax rounded once.
    "taxes" AS (
      SELECT "account", "category", "rate", round(sum("amount"), "digits") AS "amount", min("unit") AS "min_unit",
        max("unit") AS "max_unit"
      FROM "raw_taxes" GROUP BY "account", "category", "rate", "digits"),
    -- The tax items of the bill, and a currency among them that is not the account's.
    "tax_items" AS (
      SELECT t."account", sum(t."amount") AS "tax",
        coalesce(min(nullif(t."min_unit", a."currency")), min(nullif(t."max_unit", a."currency"))) AS "foreign_tax",
        jsonb_agg(jsonb_strip_nulls(jsonb_build_object('taxCategory', t."category",
        'taxRate', t."rate", 'taxAmount', jsonb_build_object('unit', a."currency", 'value', t."amount")))
        ORDER BY t."category", t."rate") AS "items"
      FROM "taxes" t JOIN "a" a ON a."id" = t."account" GROUP BY 1),
    -- The lines by type of rate as the bill shows them, and rates that cannot be billed.
    "kinds" AS (
      SELECT l."account", l."kind", count(*) AS "lines", sum(round(l."amount", a."digits")) AS "shown",
        min(l."rate") FILTER (WHERE l."unit" IS NULL) AS "without",
        min(ARRAY[l."rate", l."unit"]) FILTER (WHERE l."unit" <> a."currency") AS "foreign"
      FROM ${LINE_TABLE} l JOIN "a" a ON a."id" = l."account" GROUP BY 1, 2),
    -- The same of the whole account.
    "sums" AS (
      SELECT "account", sum("lines") AS "lines", sum("shown") AS "shown", jsonb_object_agg("kind", "shown") AS "kinds",
        min("without") AS "without", min("foreign") AS "foreign" FROM "kinds" GROUP BY 1)
    -- One draft for each account: numbered where it becomes a bill, and with the reason where it cannot.
    INSERT INTO ${DRAFT_TABLE} ("position", "account", "partner", "currency", "lines", "tax_excluded", "tax_included",
      "rounding", "taxes", "kinds", "fault", "profile")
    SELECT CASE WHEN "ready" THEN row_number() OVER (PARTITION BY "ready" ORDER BY "id") END, "id", "partner",
      "currency", "lines", "excluded", "included", "excluded" - "shown", "items", "kinds", "fault", "profile"
    FROM (SELECT *, "lines" > 0 AND "fault" IS NULL AS "ready" FROM (SELECT *, ${FAULT} AS "fault" FROM (
      SELECT a."id", a."partner", a."currency", a."profile", coalesce(s."lines", 0) AS "lines", b."excluded", s."shown",
        s."kinds", s."without", s."foreign", b."excluded" + coalesce(t."tax", 0) AS "included",
        coalesce(t."items", '[]') AS "items", t."foreign_tax"
      FROM "a" a LEFT JOIN "sums" s ON s."account" = a."id" LEFT JOIN "bases" b ON b."account" = a."id"
      LEFT JOIN "tax_items" t ON t."account" = a."id") "sum") "judged") "draft"`
}

/** Reasons by the names that the statement gives them, each with its values. */
const FAULTS = {
  rateWithoutAmount: REASONS.rateWithoutAmount,
  rateCurrency: REASONS.rateCurrency,
  taxCurrency: REASONS.taxCurrency,
  negativeTotal: REASONS.negativeTotal
} satisfies Readonly<Record<string, (...values: string[]) => Reason>>

const FAULT = sql`CASE
  WHEN "lines" = 0 THEN NULL
  WHEN "without" IS NOT NULL THEN json_build_array('rateWithoutAmount', "without")
  WHEN "foreign" IS NOT NULL THEN json_build_array('rateCurrency', "foreign"[1], "foreign"[2], "currency")
  WHEN "foreign_tax" IS NOT NULL THEN json_build_array('taxCurrency', "foreign_tax", "currency")
  WHEN "included" < 0 THEN json_build_array('negativeTotal', trim_scale("included")::text, "currency")
END::text`

const NAMED = z.tuple([z.enum(['rateWithoutAmount', 'rateCurrency', 'taxCurrency', 'negativeTotal'])]).rest(z.string())

const COUNTS = computedRow({
  ready: computed(count, sql`count("position")`),
  empty: computed(count, sql`count(*) FILTER (WHERE "lines" = 0)`)
})
const PARKED = computedRow({
  billingAccount: computed(text, sql`"account"`),
  fault: computed(json(NAMED), sql`"fault"`)
})

async function outcome(tx: Transaction): Promise<Drafted> {
  const counts = await tx.run(sql`SELECT ${COUNTS.columns} FROM ${DRAFT_TABLE}`)
  const { rows } = await tx.run(sql`SELECT ${PARKED.columns} FROM ${DRAFT_TABLE} WHERE "fault" IS NOT NULL
    ORDER BY "account"`)
  const { ready, empty } = COUNTS.one(counts)
  return { ready, skipped: empty ? { [NOTHING_TO_BILL]: empty } : {}, parked: rows.map(PARKED.read).map(parkedOf) }
}

function parkedOf({ billingAccount, fault: [name, ...values] }: ReturnType<typeof PARKED.read>) {
  const reason: (...values: string[]) => Reason = FAULTS[name]
  return { billingAccount, reason: reason(...values) }
}
