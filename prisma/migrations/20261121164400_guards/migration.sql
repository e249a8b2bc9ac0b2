-- By hand, all of it: what the schema cannot declare.

-- What a bill says never changes once it is issued, and that is every column but those that say how far it is paid.
-- What it did not say yet may be said once: a number, the currency of what remains, and what its document keeps.
CREATE OR REPLACE FUNCTION "issued_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "customer_bill" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    "kept"."version" := NEW."version";
    "kept"."last_update" := NEW."last_update";
    "kept"."state" := NEW."state";
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

-- Nor do lines, and those of a bill that the engine made from the start: it marks its rates before it writes the bill,
-- so that no rate ever joins one that is there. Only what another system's bill is written with, in one transaction
-- and until its document is kept, may come after it.
CREATE OR REPLACE FUNCTION "issued_lines_are_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "is_touched" boolean := FALSE;
BEGIN
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    "is_touched" := EXISTS (SELECT FROM "before" r
      JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL OR b."rounding_amount" IS NOT NULL);
  END IF;
  IF TG_OP = 'UPDATE' AND NOT "is_touched" THEN
    "is_touched" := EXISTS (SELECT FROM "after" r
      JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL OR b."rounding_amount" IS NOT NULL);
  END IF;
  IF TG_OP = 'INSERT' THEN
    "is_touched" := EXISTS (SELECT FROM "after" r
      JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."rounding_amount" IS NOT NULL OR b."issued_as" IS NOT NULL
        AND (b."letterhead_id" IS NOT NULL OR b.xmin <> pg_current_xact_id()::xid));
  END IF;
  IF "is_touched" THEN
    RAISE EXCEPTION 'the lines of a bill that was issued or that the engine made do not change'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'issued_lines_immutable',
        TABLE = 'applied_customer_billing_rate';
  END IF;
  RETURN NULL;
END $$;

-- Nor is all of it removed at once, which no trigger of rows sees.
CREATE FUNCTION "issued_bills_stay"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" WHERE "issued_as" IS NOT NULL) THEN
    RAISE EXCEPTION 'an issued bill does not change'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'issued_bill_no_truncate', TABLE = 'customer_bill';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "issued_bill_no_truncate" BEFORE TRUNCATE ON "customer_bill"
  FOR EACH STATEMENT EXECUTE FUNCTION "issued_bills_stay"();

CREATE FUNCTION "issued_lines_stay"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" b WHERE (b."issued_as" IS NOT NULL OR b."rounding_amount" IS NOT NULL)
    AND EXISTS (SELECT FROM "applied_customer_billing_rate" r
      WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."id")) THEN
    RAISE EXCEPTION 'the lines of a bill that was issued or that the engine made do not change'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'issued_lines_no_truncate',
        TABLE = 'applied_customer_billing_rate';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "issued_lines_no_truncate" BEFORE TRUNCATE ON "applied_customer_billing_rate"
  FOR EACH STATEMENT EXECUTE FUNCTION "issued_lines_stay"();

CREATE TRIGGER "call_charge_types_no_truncate" BEFORE TRUNCATE ON "call_charge_types"
  FOR EACH STATEMENT EXECUTE FUNCTION "call_charge_types_are_immutable"();

-- Of a bill of the engine, by a run or on demand, something between nothing and all that is due remains, be it a credit
-- note, with amounts below zero. Other systems may say of their bills what they like.
ALTER TABLE "customer_bill" DROP CONSTRAINT "customer_bill_not_overpaid";
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_not_overpaid" CHECK ("rounding_amount" IS NULL
  OR "remaining_amount_value" IS NOT NULL
    AND "remaining_amount_value" BETWEEN least("amount_due_value", 0) AND greatest("amount_due_value", 0));

-- The engine gives a number once; other systems have numbers of their own.
CREATE UNIQUE INDEX "customer_bill_number_once" ON "customer_bill"("tenant_id", "bill_no")
  WHERE "rounding_amount" IS NOT NULL AND "bill_no" IS NOT NULL;
