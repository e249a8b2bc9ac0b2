-- Rates come by thousands. Like those of bills, their tenants are looked up once for each statement.
ALTER TABLE "applied_customer_billing_rate" DROP CONSTRAINT "applied_customer_billing_rate_tenant_id_fkey";

-- By hand, all of it.
CREATE TRIGGER "applied_customer_billing_rate_of_tenant" AFTER INSERT ON "applied_customer_billing_rate"
  REFERENCING NEW TABLE AS "rows" FOR EACH STATEMENT EXECUTE FUNCTION "rows_are_of_tenants"();

CREATE OR REPLACE FUNCTION "tenant_stays"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = OLD."id")
    OR EXISTS (SELECT FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = OLD."id")
    OR EXISTS (SELECT FROM "event" e WHERE e."tenant_id" = OLD."id") THEN
    RAISE EXCEPTION 'a tenant with bills, rates or events stays' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION "rate_keeps_its_tenant"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a rate keeps its tenant' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "applied_customer_billing_rate_keeps_its_tenant" AFTER UPDATE OF "tenant_id"
  ON "applied_customer_billing_rate" FOR EACH ROW WHEN (NEW."tenant_id" <> OLD."tenant_id")
  EXECUTE FUNCTION "rate_keeps_its_tenant"();
