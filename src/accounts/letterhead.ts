import type { Instant } from '../base/instant.ts'
import { type Sql, sql } from '../db/sql.ts'

/**
 * The letterhead of the tenant `t` as jsonb. An issued bill keeps it, and the recipient below: together they hold
 * everything that its document shows besides the bill and its rates.
 */
export const LETTERHEAD: Sql = sql`jsonb_build_object('name', t."name", 'branding', t."branding",
  'timeZone', t."time_zone", 'language', t."language", 'itemisation', t."itemisation")`

/**
 * The recipient as jsonb: a name, the address and terms of the account `a` and its customer `c`, and the account's
 * balance before the bill, if there is one.
 */
export function recipientNamed(name: Sql, balance: Sql = sql`NULL`): Sql {
  return sql`jsonb_strip_nulls(jsonb_build_object('name', ${name}, 'address', coalesce(a."address", c."address"),
    'language', a."language", 'account', a."name", 'billingType', a."billing_type", 'balance', ${balance}))
    #- '{address,phoneNumber}'`
}

/**
 * The balance of the account `a` in a currency before a bill is issued, as jsonb; positive if the account owes.
 * `previous` is the balance after the previous bill, if that bill kept it. The balance must be locked.
 */
export function balanceBefore(currency: Sql, amount: Sql, now: Instant): Sql {
  return sql`(SELECT jsonb_build_object('at', ${now}::text, 'before', trim_scale(x."owed")::text, 'after',
      trim_scale(x."owed" + ${amount})::text, 'credit', trim_scale(x."credit")::text, 'previous', x."previous")
    FROM (SELECT coalesce(o."open", 0) - coalesce(k."credit", 0) AS "owed",
        coalesce(k."credit", 0) AS "credit", o."previous"
      FROM (SELECT sum(i."remaining_amount_value") AS "open",
          (array_agg(i."recipient"#>>'{balance,after}' ORDER BY i."recipient"#>>'{balance,at}' DESC, i."id" DESC)
            FILTER (WHERE i."recipient" ? 'balance'))[1] AS "previous"
        FROM "customer_bill" i WHERE i."tenant_id" = a."tenant_id" AND i."billing_account_id" = a."id"
          AND i."issued_as" IS NOT NULL AND i."amount_due_unit" = ${currency}) o
      LEFT JOIN "account_balance" k ON k."tenant_id" = a."tenant_id" AND k."account_id" = a."id"
        AND k."currency" = ${currency}) x)`
}

/** The recipient of the bill `b`. Its account may belong to another system, or, for a partner, to the provider. */
export const RECIPIENT: Sql = recipientOf(sql`NULL`)

/** Returns the recipient of a bill that the engine issues, with the balance of its account. */
export function billedRecipient(now: Instant): Sql {
  return recipientOf(balanceBefore(sql`b."amount_due_unit"`, sql`b."amount_due_value"`, now))
}

function recipientOf(balance: Sql): Sql {
  const name = sql`coalesce(c."name", a."name",
    CASE WHEN b."billing_account_id" IS NULL THEN b."financial_account" ELSE b."billing_account" END ->> 'name')`
  return sql`(SELECT ${recipientNamed(name, balance)}
    FROM (SELECT 1) "one"
    LEFT JOIN "billing_account" a ON a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
      AND (b."partner_id" IS NULL OR b."partner_id" = a."partner_id")
    LEFT JOIN "customer" c ON c."tenant_id" = a."tenant_id" AND c."id" = a."customer_id")`
}
