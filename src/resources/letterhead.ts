import { type Sql, sql } from '../db/sql.ts'

/**
 * What a tenant, under the name `t`, says of itself on every document, as jsonb. A bill that is issued keeps it, and
 * so do its recipient's things below: whatever its document shows besides the bill and its rates must be in them.
 */
export const LETTERHEAD: Sql = sql`jsonb_build_object('name', t."name", 'branding', t."branding",
  'timeZone', t."time_zone", 'language', t."language")`

/** Whom a bill is made out to, as jsonb: a name, and what the account `a` and its customer `c` say of the rest. */
export function recipientNamed(name: Sql): Sql {
  return sql`jsonb_strip_nulls(jsonb_build_object('name', ${name}, 'address', coalesce(a."address", c."address"),
    'language', a."language")) #- '{address,phoneNumber}'`
}

/**
 * The same for a bill under the name `b`, whose account may be one of another system: to a partner it is that, too,
 * when it is not the partner's own.
 */
export const RECIPIENT: Sql = sql`(SELECT ${recipientNamed(sql`coalesce(c."name", a."name",
    CASE WHEN b."billing_account_id" IS NULL THEN b."financial_account" ELSE b."billing_account" END ->> 'name')`)}
  FROM (SELECT 1) "one"
  LEFT JOIN "billing_account" a ON a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
    AND (b."partner_id" IS NULL OR b."partner_id" = a."partner_id")
  LEFT JOIN "customer" c ON c."tenant_id" = a."tenant_id" AND c."id" = a."customer_id")`
