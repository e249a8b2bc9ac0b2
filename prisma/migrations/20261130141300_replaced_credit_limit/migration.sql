-- AlterTable
ALTER TABLE "payment_allocation" ADD COLUMN     "replaces_credit_limit" BOOLEAN NOT NULL DEFAULT false;

-- A part of a payment that took the place of the credit limit was written right after what it took back from it.
UPDATE "payment_allocation" a SET "replaces_credit_limit" = true
FROM (SELECT "tenant_id", "id", "payment_id", "amount", lag("payment_id") OVER w AS "payment_before",
    lag("amount") OVER w AS "amount_before"
  FROM "payment_allocation" WINDOW w AS (PARTITION BY "tenant_id", "bill_id" ORDER BY "position")) x
WHERE a."tenant_id" = x."tenant_id" AND a."id" = x."id" AND x."payment_id" IS NOT NULL AND x."payment_before" IS NULL
  AND x."amount" > 0 AND x."amount_before" = -x."amount";

-- The credit limit does not replace itself.
ALTER TABLE "payment_allocation" ADD CONSTRAINT "payment_allocation_replaces_by_payment"
  CHECK (NOT "replaces_credit_limit" OR "payment_id" IS NOT NULL AND "amount" > 0);
