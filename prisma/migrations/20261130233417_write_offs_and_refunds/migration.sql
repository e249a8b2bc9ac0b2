-- AlterTable
ALTER TABLE "correction" ADD COLUMN     "bill_state" TEXT COLLATE "C",
ADD COLUMN     "method" TEXT COLLATE "C",
ADD COLUMN     "payment_id" TEXT COLLATE "C",
ADD COLUMN     "reopened_at" TIMESTAMPTZ(3),
ALTER COLUMN "bill_id" DROP NOT NULL,
ALTER COLUMN "credit_note_id" DROP NOT NULL;

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_payment_id_fkey" FOREIGN KEY ("tenant_id", "payment_id") REFERENCES "payment"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. Each kind has its own members.
ALTER TABLE "correction" DROP CONSTRAINT "correction_kind";
ALTER TABLE "correction" ADD CONSTRAINT "correction_kind" CHECK (CASE "kind"
  WHEN 'creditNote' THEN num_nonnulls("bill_id", "credit_note_id") = 2
    AND num_nonnulls("bill_state", "reopened_at", "method", "payment_id") = 0
  WHEN 'writeOff' THEN num_nonnulls("bill_id", "bill_state") = 2 AND "credited" = 0
    AND num_nonnulls("credit_note_id", "method", "payment_id") = 0
  WHEN 'refund' THEN "method" IS NOT NULL AND "credited" = 0
    AND num_nonnulls("bill_id", "credit_note_id", "bill_state", "reopened_at") = 0
  ELSE FALSE END);

-- A bill is written off once until a payment reopens it; payments look for those.
CREATE UNIQUE INDEX "correction_open_write_off" ON "correction"("tenant_id", "bill_id")
  WHERE "kind" = 'writeOff' AND "reopened_at" IS NULL;
CREATE INDEX "correction_written_off_account" ON "correction"("tenant_id", "billing_account_id", "currency")
  WHERE "kind" = 'writeOff' AND "reopened_at" IS NULL;

CREATE FUNCTION "correction_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "correction" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."kind" = 'writeOff' AND OLD."reopened_at" IS NULL THEN
    "kept"."version" := NEW."version";
    "kept"."reopened_at" := NEW."reopened_at";
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a correction does not change; correct it by another one'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'correction_immutable', TABLE = 'correction';
END $$;
DROP TRIGGER "correction_immutable" ON "correction";
CREATE TRIGGER "correction_immutable" BEFORE UPDATE OR DELETE ON "correction"
  FOR EACH ROW EXECUTE FUNCTION "correction_is_kept"();
CREATE TRIGGER "correction_no_truncate" BEFORE TRUNCATE ON "correction"
  FOR EACH STATEMENT EXECUTE FUNCTION "correction_is_immutable"();

DROP TRIGGER "correction_within_bill" ON "correction";
CREATE TRIGGER "correction_within_bill" AFTER INSERT ON "correction"
  FOR EACH ROW WHEN (NEW."kind" = 'creditNote') EXECUTE FUNCTION "correction_is_within_bill"();
