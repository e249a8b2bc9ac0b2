-- AlterTable
ALTER TABLE "correction" ADD COLUMN     "rate_id" TEXT COLLATE "C",
ADD COLUMN     "tax_amount" DECIMAL(28,10),
ADD COLUMN     "tax_category" TEXT COLLATE "C",
ADD COLUMN     "tax_rate" DECIMAL(28,10);

-- CreateIndex
CREATE UNIQUE INDEX "correction_tenant_id_rate_id_key" ON "correction"("tenant_id", "rate_id");

-- CreateIndex
CREATE INDEX "correction_tenant_id_payment_id_idx" ON "correction"("tenant_id", "payment_id");

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_rate_id_fkey" FOREIGN KEY ("tenant_id", "rate_id") REFERENCES "applied_customer_billing_rate"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. An adjustment charges or gives: at once, where what it gives is a payment; or by a rate.
ALTER TABLE "correction" DROP CONSTRAINT "correction_kind";
ALTER TABLE "correction" ADD CONSTRAINT "correction_kind" CHECK (CASE "kind"
  WHEN 'creditNote' THEN num_nonnulls("bill_id", "credit_note_id") = 2
    AND num_nonnulls("bill_state", "reopened_at", "method", "payment_id") = 0
  WHEN 'writeOff' THEN num_nonnulls("bill_id", "bill_state") = 2 AND "credited" = 0
    AND num_nonnulls("credit_note_id", "method", "payment_id") = 0
  WHEN 'refund' THEN "method" IS NOT NULL AND "credited" = 0
    AND num_nonnulls("bill_id", "credit_note_id", "bill_state", "reopened_at") = 0
  WHEN 'adjustment' THEN "credited" = 0
    AND num_nonnulls("bill_id", "credit_note_id", "bill_state", "reopened_at", "method") = 0
    AND ("payment_id" IS NOT NULL) = ("rate_id" IS NULL AND "amount" < 0)
  ELSE FALSE END);
ALTER TABLE "correction" DROP CONSTRAINT "correction_amount";
ALTER TABLE "correction" ADD CONSTRAINT "correction_amount" CHECK (CASE "kind" WHEN 'adjustment' THEN "amount" <> 0
  ELSE "amount" > 0 AND "credited" BETWEEN 0 AND "amount" END);
-- The tax is a part of the amount; of a rate, the bill computes it.
ALTER TABLE "correction" ADD CONSTRAINT "correction_tax" CHECK (CASE
  WHEN "kind" <> 'adjustment' THEN num_nonnulls("rate_id", "tax_category", "tax_rate", "tax_amount") = 0
  WHEN "tax_category" IS NULL THEN num_nonnulls("tax_rate", "tax_amount") = 0
  WHEN "tax_rate" IS NULL OR ("tax_amount" IS NULL) <> ("rate_id" IS NOT NULL) THEN FALSE
  ELSE "tax_amount" IS NULL OR "tax_amount" BETWEEN least("amount", 0) AND greatest("amount", 0) END);

-- What is adjusted at once counts as such.
CREATE OR REPLACE FUNCTION "ledger_is_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "usage_entry" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
  SELECT s."tenant_id", s."account", '', s."currency", d."day", s."kind", s."amount"
  FROM (SELECT "id" AS "tenant", "booking_day"("id") AS "day" FROM "tenant"
    WHERE "id" IN (SELECT "tenant_id" FROM "entries" WHERE "book" NOT IN ('receivable', 'balance'))) d
  JOIN (SELECT "tenant_id", "account", "currency", "kind", sum("amount") AS "amount" FROM (
      SELECT "tenant_id", "billing_account_id" AS "account", "currency",
        CASE WHEN "book" = 'cash' THEN 'payment'
          WHEN "source_type" = 'adjustment' AND "book" IN ('revenue', 'partner') THEN 'adjustment'
          ELSE 'other' END AS "kind",
        CASE "book" WHEN 'cash' THEN "amount" ELSE -"amount" END AS "amount"
      FROM "entries" WHERE "book" NOT IN ('receivable', 'balance')
      UNION ALL
      SELECT b."tenant_id", b."account", b."currency", 'other', -x."exact" FROM (
        SELECT DISTINCT "tenant_id", "billing_account_id" AS "account", "currency", "source_id" AS "bill"
        FROM "entries" WHERE "source_type" = 'bill' AND "book" IN ('revenue', 'partner') AND "detail" IS NOT NULL) b
      CROSS JOIN LATERAL (SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) AS "exact"
        FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."bill") x) p
    GROUP BY 1, 2, 3, 4 HAVING sum("amount") <> 0) s ON s."tenant_id" = d."tenant";
  RETURN NULL;
END $$;
