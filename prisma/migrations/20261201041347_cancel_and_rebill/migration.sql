-- AlterTable
ALTER TABLE "applied_customer_billing_rate" ADD COLUMN     "corrects_rate" JSONB,
ADD COLUMN     "corrects_rate_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "correction" ADD COLUMN     "rebill_when" TEXT COLLATE "C",
ADD COLUMN     "rebilled_at" TIMESTAMPTZ(3);

-- AddForeignKey
ALTER TABLE "applied_customer_billing_rate" ADD CONSTRAINT "applied_customer_billing_rate_tenant_id_corrects_rate_id_fkey" FOREIGN KEY ("tenant_id", "corrects_rate_id") REFERENCES "applied_customer_billing_rate"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. A line is billed anew once, and few are; bills look for those among their lines.
CREATE UNIQUE INDEX "applied_customer_billing_rate_copy" ON "applied_customer_billing_rate"("tenant_id", "corrects_rate_id")
  WHERE "corrects_rate_id" IS NOT NULL;
CREATE INDEX "applied_customer_billing_rate_billed_copies" ON "applied_customer_billing_rate"("tenant_id", "bill_id")
  WHERE "corrects_rate_id" IS NOT NULL;

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
  WHEN 'cancelAndRebill' THEN num_nonnulls("bill_id", "rebill_when") = 2 AND "rebill_when" IN ('now', 'nextRun')
    AND num_nonnulls("credit_note_id", "bill_state", "reopened_at", "method", "payment_id") = 0
  ELSE FALSE END);
ALTER TABLE "correction" ADD CONSTRAINT "correction_rebill" CHECK ("kind" = 'cancelAndRebill'
  OR num_nonnulls("rebill_when", "rebilled_at") = 0);

-- A bill is cancelled once.
CREATE UNIQUE INDEX "correction_one_cancellation" ON "correction"("tenant_id", "bill_id")
  WHERE "kind" = 'cancelAndRebill';

-- A cancellation learns when its lines were billed anew, and counts its new bills as versions.
CREATE OR REPLACE FUNCTION "correction_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "correction" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."kind" = 'writeOff' AND OLD."reopened_at" IS NULL THEN
    "kept"."version" := NEW."version";
    "kept"."reopened_at" := NEW."reopened_at";
  ELSIF TG_OP = 'UPDATE' AND OLD."kind" = 'cancelAndRebill' THEN
    "kept"."version" := NEW."version";
    "kept"."rebilled_at" := coalesce(OLD."rebilled_at", NEW."rebilled_at");
  END IF;
  IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM "kept" AND NEW IS DISTINCT FROM OLD THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a correction does not change; correct it by another one'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'correction_immutable', TABLE = 'correction';
END $$;

-- What a credit note gives back of calls lowers the charges for calls, as its lines say; in sum it counts by its journal.
CREATE FUNCTION "note_lines_are_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "usage_entry" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
  SELECT s."tenant_id", s."account", '', s."currency", "booking_day"(s."tenant_id"), k."kind", k."sign" * s."amount"
  FROM (SELECT l."tenant_id", n."billing_account_id" AS "account", n."amount_due_unit" AS "currency",
      "charge_kind"(t."call_charge_types", l."rate_type") AS "kind", sum(l."amount") AS "amount"
    FROM "lines" l
    JOIN "customer_bill" n ON n."tenant_id" = l."tenant_id" AND n."id" = l."credit_note_id"
    JOIN "tenant" t ON t."id" = l."tenant_id"
    WHERE l."rate_type" IS NOT NULL GROUP BY 1, 2, 3, 4) s
  CROSS JOIN LATERAL (VALUES (s."kind", 1), ('other', -1)) k("kind", "sign")
  WHERE s."kind" <> 'other' AND s."amount" <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER "note_lines_booked" AFTER INSERT ON "credit_note_line" REFERENCING NEW TABLE AS "lines"
  FOR EACH STATEMENT EXECUTE FUNCTION "note_lines_are_booked"();
