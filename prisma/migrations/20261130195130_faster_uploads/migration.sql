-- The bill of an uploaded row has these keys too, and the row is of the owner of its bill.
ALTER TABLE "uploaded_bill" DROP CONSTRAINT "uploaded_bill_tenant_id_fkey";
ALTER TABLE "uploaded_bill" DROP CONSTRAINT "uploaded_bill_tenant_id_partner_id_fkey";

-- By hand. One statement writes keys and bills, so that the key can be checked at its end.
ALTER TABLE "uploaded_bill" ALTER CONSTRAINT "uploaded_bill_tenant_id_bill_id_fkey" NOT DEFERRABLE;

-- A row is of the owner of its bill, and goes only with it: else the row could be uploaded once more. New rows are
-- checked together: there may be many.
DROP TRIGGER "uploaded_bill_of_its_bill" ON "uploaded_bill";
CREATE OR REPLACE FUNCTION "uploaded_bill_is_of_its_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "rows" r WHERE NOT EXISTS (SELECT FROM "customer_bill" b
      WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
        AND b."partner_id" IS NOT DISTINCT FROM r."partner_id")) THEN
    RAISE EXCEPTION 'the row of an uploaded bill has its owner' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "uploaded_bill_of_its_bill" AFTER INSERT ON "uploaded_bill" REFERENCING NEW TABLE AS "rows"
  FOR EACH STATEMENT EXECUTE FUNCTION "uploaded_bill_is_of_its_bill"();

CREATE FUNCTION "uploaded_bill_goes_with_its_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = OLD."tenant_id" AND b."id" = OLD."bill_id") THEN
    RAISE EXCEPTION 'the row of an uploaded bill goes with its bill' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "uploaded_bill_with_its_bill" AFTER DELETE ON "uploaded_bill"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "uploaded_bill_goes_with_its_bill"();

-- What a bill was made from does not change; its content may be replaced until the bill is issued.
DROP TRIGGER "uploaded_bill_immutable" ON "uploaded_bill";
CREATE OR REPLACE FUNCTION "uploaded_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    IF NOT EXISTS (SELECT FROM "uploaded_bill") THEN RETURN NULL; END IF;
  ELSIF (NEW."tenant_id", NEW."bill_id", NEW."partner_id", NEW."account_number", NEW."period", NEW."reference",
      NEW."reference_kind") IS NOT DISTINCT FROM (OLD."tenant_id", OLD."bill_id", OLD."partner_id",
      OLD."account_number", OLD."period", OLD."reference", OLD."reference_kind") THEN
    -- Nobody issues the bill meanwhile.
    PERFORM FROM "customer_bill" b WHERE b."tenant_id" = OLD."tenant_id" AND b."id" = OLD."bill_id"
      AND b."issued_as" IS NULL FOR SHARE;
    IF FOUND THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'the row of an uploaded bill does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "uploaded_bill_immutable" BEFORE UPDATE ON "uploaded_bill"
  FOR EACH ROW EXECUTE FUNCTION "uploaded_bill_is_immutable"();
CREATE TRIGGER "uploaded_bill_no_truncate" BEFORE TRUNCATE ON "uploaded_bill"
  FOR EACH STATEMENT EXECUTE FUNCTION "uploaded_bill_is_immutable"();

-- Most bills have neither, and nothing looks for bills without.
DROP INDEX "customer_bill_tenant_id_bill_run_id_id_idx";
CREATE INDEX "customer_bill_tenant_id_bill_run_id_id_idx" ON "customer_bill"("tenant_id", "bill_run_id", "id")
  WHERE "bill_run_id" IS NOT NULL;
DROP INDEX "customer_bill_related_party_idx";
CREATE INDEX "customer_bill_related_party_idx" ON "customer_bill" USING GIN ("related_party" jsonb_path_ops)
  WITH (fastupdate = off) WHERE "related_party" IS NOT NULL;
