-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "hold_reason" TEXT COLLATE "C";

-- By hand from here. A bill that is not on hold has no reason to be.
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_reason_of_hold"
  CHECK ("hold_reason" IS NULL OR "state" = 'onHold');

-- An issued bill may be held, and say why.
CREATE OR REPLACE FUNCTION "issued_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "customer_bill" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    "kept"."version" := NEW."version";
    "kept"."last_update" := NEW."last_update";
    "kept"."state" := NEW."state";
    "kept"."hold_reason" := NEW."hold_reason";
    "kept"."remaining_amount_value" := NEW."remaining_amount_value";
    "kept"."applied_payment" := NEW."applied_payment";
    IF OLD."remaining_amount_unit" IS NULL THEN
      "kept"."remaining_amount_unit" := NEW."remaining_amount_unit";
    END IF;
    IF OLD."bill_no" IS NULL THEN
      "kept"."bill_no" := NEW."bill_no";
    END IF;
    IF OLD."letterhead_id" IS NULL THEN
      "kept"."letterhead_id" := NEW."letterhead_id";
      "kept"."recipient" := NEW."recipient";
    END IF;
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'an issued bill does not change'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'issued_bill_immutable', TABLE = 'customer_bill';
END $$;
