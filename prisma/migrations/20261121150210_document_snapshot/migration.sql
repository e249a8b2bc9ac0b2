-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "letterhead_id" TEXT COLLATE "C",
ADD COLUMN     "recipient" JSONB;

-- CreateTable
CREATE TABLE "letterhead" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "content" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "letterhead_pkey" PRIMARY KEY ("tenant_id","id")
);

-- AddForeignKey
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_tenant_id_letterhead_id_fkey" FOREIGN KEY ("tenant_id", "letterhead_id") REFERENCES "letterhead"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "letterhead" ADD CONSTRAINT "letterhead_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- A letterhead does not change: what is written on it differently is another one. The foreign key keeps what is used.
CREATE FUNCTION "letterhead_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a letterhead does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "letterhead_immutable" BEFORE UPDATE ON "letterhead"
  FOR EACH STATEMENT EXECUTE FUNCTION "letterhead_is_immutable"();

-- A bill that is not issued shows what there is now; one that is keeps both or, until it is told what, neither.
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_kept_when_issued" CHECK (
  ("letterhead_id" IS NULL) = ("recipient" IS NULL) AND ("letterhead_id" IS NULL OR "issued_as" IS NOT NULL));

-- As before, and what its document shows: the dates that it had left out, and what the bill keeps for it.
CREATE OR REPLACE FUNCTION "issued_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW."issued_as" IS NULL
    OR (OLD."bill_no" IS NOT NULL AND NEW."bill_no" IS DISTINCT FROM OLD."bill_no")
    OR (OLD."letterhead_id" IS NOT NULL AND
        (NEW."letterhead_id", NEW."recipient") IS DISTINCT FROM (OLD."letterhead_id", OLD."recipient"))
    OR (NEW."tenant_id", NEW."id", NEW."partner_id", NEW."bill_run_id", NEW."bill_date", NEW."category", NEW."run_type",
        NEW."billing_account_id", NEW."financial_account_id", NEW."billing_period", NEW."bill_cycle_id", NEW."tax_item",
        NEW."amount_due_value", NEW."amount_due_unit", NEW."tax_excluded_amount_value", NEW."tax_excluded_amount_unit",
        NEW."tax_included_amount_value", NEW."tax_included_amount_unit", NEW."rounding_amount",
        NEW."payment_due_date", NEW."created_at")
      IS DISTINCT FROM
       (OLD."tenant_id", OLD."id", OLD."partner_id", OLD."bill_run_id", OLD."bill_date", OLD."category", OLD."run_type",
        OLD."billing_account_id", OLD."financial_account_id", OLD."billing_period", OLD."bill_cycle_id", OLD."tax_item",
        OLD."amount_due_value", OLD."amount_due_unit", OLD."tax_excluded_amount_value", OLD."tax_excluded_amount_unit",
        OLD."tax_included_amount_value", OLD."tax_included_amount_unit", OLD."rounding_amount",
        OLD."payment_due_date", OLD."created_at") THEN
    RAISE EXCEPTION 'an issued bill does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

-- Bills that were issued before keep what their documents show now.
INSERT INTO "letterhead" ("tenant_id", "id", "content")
  SELECT "tenant_id", left(encode(sha256(convert_to("content"::text, 'UTF8')), 'hex'), 32), "content" FROM (
    SELECT t."id" AS "tenant_id", jsonb_build_object('name', t."name", 'branding', t."branding",
      'timeZone', t."time_zone", 'language', t."language") AS "content"
    FROM "tenant" t
    WHERE EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = t."id" AND b."issued_as" IS NOT NULL)) t;
UPDATE "customer_bill" b SET "letterhead_id" = l."id", "recipient" = (
    SELECT jsonb_strip_nulls(jsonb_build_object('name', coalesce(c."name", a."name",
        CASE WHEN b."billing_account_id" IS NULL THEN b."financial_account" ELSE b."billing_account" END ->> 'name'),
      'address', coalesce(a."address", c."address"), 'language', a."language")) #- '{address,phoneNumber}'
    FROM (SELECT 1) "one"
    LEFT JOIN "billing_account" a ON a."tenant_id" = b."tenant_id" AND a."id" = b."billing_account_id"
      AND (b."partner_id" IS NULL OR b."partner_id" = a."partner_id")
    LEFT JOIN "customer" c ON c."tenant_id" = a."tenant_id" AND c."id" = a."customer_id")
  FROM "letterhead" l WHERE l."tenant_id" = b."tenant_id" AND b."issued_as" IS NOT NULL;
