import { type Sql, sql } from '../db/sql.ts'

/**
 * Returns the checks of a tenant's journals, payments and balances. Each check is a query whose rows are differences in
 * words. `currencies` has two columns, a currency and its minor digits.
 */
export function moneyChecks(tenantId: string, currencies: Sql): readonly Sql[] {
  return [
    sql`SELECT format('journal %s sums to %s %s, not to 0', "journal_id", trim_scale(sum("amount")), "currency")
      FROM "ledger_entry" WHERE "tenant_id" = ${tenantId} GROUP BY "journal_id", "currency" HAVING sum("amount") <> 0`,
    sourceCheck(tenantId),
    digitCheck(tenantId, currencies),
    paymentCheck(tenantId),
    transferCheck(tenantId),
    allocationCheck(tenantId),
    sql`SELECT format('payment %s has paid %s of its %s to bills', p."id", trim_scale(sum(a."amount")),
        trim_scale(CASE WHEN p."reversed_at" IS NULL THEN p."amount" - p."given" ELSE 0 END))
      FROM "payment" p JOIN "payment_allocation" a ON a."tenant_id" = p."tenant_id" AND a."payment_id" = p."id"
      WHERE p."tenant_id" = ${tenantId} GROUP BY p."tenant_id", p."id"
      HAVING NOT sum(a."amount") BETWEEN 0 AND
        CASE WHEN p."reversed_at" IS NULL THEN p."amount" - p."given" ELSE 0 END`,
    balanceCheck(tenantId),
    overdraftCheck(tenantId)
  ]
}

/** Every entry comes from an existing bill, payment or correction. */
function sourceCheck(tenantId: string): Sql {
  return sql`SELECT format('journal %s comes from the %s %s, which is not there', e."journal_id", e."source_type",
      e."source_id")
    FROM "ledger_entry" e WHERE e."tenant_id" = ${tenantId} AND CASE
      WHEN e."source_type" = 'bill' THEN NOT EXISTS (SELECT FROM "customer_bill" b
        WHERE b."tenant_id" = e."tenant_id" AND b."id" = e."source_id")
      WHEN e."source_type" = 'allocation' THEN NOT EXISTS (SELECT FROM "payment_allocation" a
        WHERE a."tenant_id" = e."tenant_id" AND a."id" = e."journal_id" AND a."payment_id" = e."source_id")
      WHEN e."source_type" = 'credit' THEN NOT EXISTS (SELECT FROM "payment_allocation" a
        WHERE a."tenant_id" = e."tenant_id" AND a."id" = e."journal_id" AND a."payment_id" IS NULL
          AND a."bill_id" = e."source_id")
      WHEN e."source_type" IN ('writeOff', 'refund', 'adjustment') THEN NOT EXISTS (SELECT FROM "correction" c
        WHERE c."tenant_id" = e."tenant_id" AND c."id" = e."source_id" AND c."kind" = e."source_type")
      ELSE NOT EXISTS (SELECT FROM "payment" p
        WHERE p."tenant_id" = e."tenant_id" AND p."id" = e."source_id") END`
}

/**
 * A payment has one journal, and if reversed a second with opposite signs; of a transfer, its side there. For those of
 * adjustments see adjustment-checks.ts.
 */
function paymentCheck(tenantId: string): Sql {
  return sql`SELECT format('payment %s of %s %s is posted as %s, its reversal as %s', p."id", trim_scale(p."amount"),
      p."currency", trim_scale(coalesce(x."came", 0)), trim_scale(coalesce(x."went", 0)))
    FROM "payment" p CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "source_type" IN ('payment', 'transfer') AND "book" = 'cash') AS "came",
        sum("amount") FILTER (WHERE "source_type" = 'reversal' AND "book" = 'cash') AS "went",
        bool_and("billing_account_id" = p."billing_account_id" AND "currency" = p."currency"
          AND ("book" = 'balance' OR "book" = 'cash' AND "detail" = p."method")) AS "is_own"
      FROM "ledger_entry" e WHERE e."tenant_id" = p."tenant_id" AND e."source_id" = p."id"
        AND (e."source_type" IN ('payment', 'reversal')
          OR e."source_type" = 'transfer' AND e."billing_account_id" = p."billing_account_id")) x
    WHERE p."tenant_id" = ${tenantId} AND p."method" <> 'adjustment'
      AND (x."came" IS DISTINCT FROM p."amount" OR NOT x."is_own"
      OR coalesce(x."went", 0) <> CASE WHEN p."reversed_at" IS NULL THEN 0 ELSE -p."amount" END)`
}

/** A payment is in whole minor units of its currency. */
function digitCheck(tenantId: string, currencies: Sql): Sql {
  return sql`SELECT format('payment %s of %s %s has parts of a minor unit', p."id", trim_scale(p."amount"),
      p."currency")
    FROM "payment" p JOIN (${currencies}) c("currency", "digits") ON c."currency" = p."currency"
    WHERE p."tenant_id" = ${tenantId} AND p."amount" <> round(p."amount", c."digits")`
}

/** A transfer takes from its giver what it pays to another account, in one journal, and no other payment does. */
function transferCheck(tenantId: string): Sql {
  return sql`SELECT format('payment %s of %s %s is a transfer from %s, but posted there as %s', p."id",
      trim_scale(p."amount"), p."currency", coalesce(t."giver_id", 'nobody'), trim_scale(coalesce(x."went", 0)))
    FROM "payment" p LEFT JOIN "transfer" t ON t."tenant_id" = p."tenant_id" AND t."id" = p."id"
    CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "book" = 'cash') AS "went",
        bool_and("billing_account_id" = t."giver_id" AND "currency" = p."currency"
          AND "journal_id" = p."id") AS "is_own"
      FROM "ledger_entry" e WHERE e."tenant_id" = p."tenant_id" AND e."source_id" = p."id"
        AND e."source_type" = 'transfer' AND e."billing_account_id" <> p."billing_account_id") x
    WHERE p."tenant_id" = ${tenantId} AND CASE WHEN p."method" = 'transfer'
      THEN x."went" IS DISTINCT FROM -p."amount" OR x."is_own" IS NOT TRUE
      ELSE t."id" IS NOT NULL OR x."went" IS NOT NULL END`
}

/** An allocation has a journal of the same amount, on the account of its payment and its bill. */
function allocationCheck(tenantId: string): Sql {
  return sql`SELECT format('allocation %s of payment %s to bill %s is %s, but posted as %s', a."id",
      coalesce(a."payment_id", 'none'), a."bill_id", trim_scale(a."amount"), coalesce(trim_scale(x."balance")::text,
        'nothing'))
    FROM "payment_allocation" a
    LEFT JOIN "payment" p ON p."tenant_id" = a."tenant_id" AND p."id" = a."payment_id"
    JOIN "customer_bill" b ON b."tenant_id" = a."tenant_id" AND b."id" = a."bill_id"
    CROSS JOIN LATERAL (
      SELECT sum("amount") FILTER (WHERE "book" = 'balance') AS "balance",
        sum("amount") FILTER (WHERE "book" = 'receivable') AS "receivable",
        bool_and("billing_account_id" = b."billing_account_id" AND "currency" = b."amount_due_unit") AS "is_own"
      FROM "ledger_entry" e WHERE e."tenant_id" = a."tenant_id" AND e."journal_id" = a."id") x
    WHERE a."tenant_id" = ${tenantId} AND (x."balance" IS DISTINCT FROM a."amount"
      OR x."receivable" IS DISTINCT FROM -a."amount" OR NOT x."is_own"
      OR p."billing_account_id" <> b."billing_account_id" OR p."currency" <> b."amount_due_unit")`
}

/** The credit of an account is its balance in the ledger. */
function balanceCheck(tenantId: string): Sql {
  return sql`SELECT format('account %s has a credit of %s %s, but %s in the ledger', "account", trim_scale("kept"),
      "currency", trim_scale("posted"))
    FROM (SELECT "account", "currency", sum("kept") AS "kept", sum("posted") AS "posted" FROM (
        SELECT "account_id" AS "account", "currency", "credit" AS "kept", 0 AS "posted"
        FROM "account_balance" WHERE "tenant_id" = ${tenantId}
        UNION ALL
        SELECT "billing_account_id", "currency", 0, -"amount"
        FROM "ledger_entry" WHERE "tenant_id" = ${tenantId} AND "book" = 'balance') x GROUP BY 1, 2) y
    WHERE "kept" <> "posted"`
}

/** An account is overdrawn by what the credit limit paid, gave, refunded and was charged, and no payment replaced. */
function overdraftCheck(tenantId: string): Sql {
  return sql`SELECT format('account %s is overdrawn by %s %s, but bills, transfers and corrections used %s', "account",
      trim_scale("kept"), "currency", trim_scale("used"))
    FROM (SELECT "account", "currency", sum("kept") AS "kept", sum("used") AS "used" FROM (
        SELECT "account_id" AS "account", "currency", "overdrawn" AS "kept", 0 AS "used"
        FROM "account_balance" WHERE "tenant_id" = ${tenantId}
        UNION ALL
        SELECT b."billing_account_id", b."amount_due_unit", 0, a."amount" FROM "payment_allocation" a
        JOIN "customer_bill" b ON b."tenant_id" = a."tenant_id" AND b."id" = a."bill_id"
        WHERE a."tenant_id" = ${tenantId} AND a."payment_id" IS NULL
        UNION ALL
        SELECT t."giver_id", p."currency", 0, p."amount" FROM "transfer" t
        JOIN "payment" p ON p."tenant_id" = t."tenant_id" AND p."id" = t."id" WHERE t."tenant_id" = ${tenantId}
        UNION ALL
        SELECT "billing_account_id", "currency", 0, "amount" FROM "correction"
        WHERE "tenant_id" = ${tenantId} AND ("kind" = 'refund'
          OR "kind" = 'adjustment' AND "amount" > 0 AND "rate_id" IS NULL)
        UNION ALL
        SELECT "billing_account_id", "currency", 0, -"given" FROM "payment"
        WHERE "tenant_id" = ${tenantId} AND "given" > 0) x GROUP BY 1, 2) y
    WHERE "kept" <> "used"`
}
