-- Bills come by thousands. What a foreign key looks up for each row is looked up once for each statement, below.
ALTER TABLE "customer_bill" DROP CONSTRAINT "customer_bill_tenant_id_fkey";
ALTER TABLE "customer_bill" DROP CONSTRAINT "customer_bill_tenant_id_letterhead_id_fkey";
ALTER TABLE "event" DROP CONSTRAINT "event_tenant_id_fkey";
ALTER TABLE "uploaded_bill" DROP CONSTRAINT "uploaded_bill_tenant_id_bill_id_fkey";

-- By hand, all of it. Like foreign keys, these functions act for the owner of the tables, and what they find cannot go
-- before the transaction ends: it is locked, or stays for good.

-- A letterhead stays, so that bills can look it up without a lock.
CREATE FUNCTION "letterhead_stays"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a letterhead stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "letterhead_no_delete" BEFORE DELETE OR TRUNCATE ON "letterhead"
  FOR EACH STATEMENT EXECUTE FUNCTION "letterhead_stays"();

-- The tenants of new bills and events are there.
CREATE FUNCTION "rows_are_of_tenants"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  "tenants" text[] := ARRAY(SELECT DISTINCT "tenant_id" FROM "rows");
  "found" text[] := ARRAY(SELECT t."id" FROM "tenant" t WHERE t."id" = ANY("tenants") FOR KEY SHARE);
BEGIN
  IF cardinality("found") < cardinality("tenants") THEN
    RAISE EXCEPTION 'a row of "%" is of no tenant', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "customer_bill_of_tenant" AFTER INSERT ON "customer_bill" REFERENCING NEW TABLE AS "rows"
  FOR EACH STATEMENT EXECUTE FUNCTION "rows_are_of_tenants"();
CREATE TRIGGER "event_of_tenant" AFTER INSERT ON "event" REFERENCING NEW TABLE AS "rows"
  FOR EACH STATEMENT EXECUTE FUNCTION "rows_are_of_tenants"();

-- A tenant with bills or events stays, with its id. The row is locked already.
CREATE FUNCTION "tenant_stays"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = OLD."id")
    OR EXISTS (SELECT FROM "event" e WHERE e."tenant_id" = OLD."id") THEN
    RAISE EXCEPTION 'a tenant with bills or events stays' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER "tenant_no_delete" BEFORE DELETE ON "tenant" FOR EACH ROW EXECUTE FUNCTION "tenant_stays"();
CREATE TRIGGER "tenant_no_rename" BEFORE UPDATE ON "tenant" FOR EACH ROW
  WHEN (NEW."id" <> OLD."id") EXECUTE FUNCTION "tenant_stays"();

-- The letterheads of bills are there.
CREATE FUNCTION "bills_have_letterheads"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT "tenant_id", "letterhead_id" FROM "rows" WHERE "letterhead_id" IS NOT NULL) r
      WHERE NOT EXISTS (SELECT FROM "letterhead" l
        WHERE l."tenant_id" = r."tenant_id" AND l."id" = r."letterhead_id")) THEN
    RAISE EXCEPTION 'the letterhead of a bill is none' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "customer_bill_letterheads" AFTER INSERT ON "customer_bill" REFERENCING NEW TABLE AS "rows"
  FOR EACH STATEMENT EXECUTE FUNCTION "bills_have_letterheads"();

CREATE FUNCTION "bill_has_letterhead"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "letterhead" l
      WHERE l."tenant_id" = NEW."tenant_id" AND l."id" = NEW."letterhead_id") THEN
    RAISE EXCEPTION 'the letterhead of a bill is none' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "customer_bill_letterhead" AFTER UPDATE OF "letterhead_id" ON "customer_bill" FOR EACH ROW
  WHEN (NEW."letterhead_id" IS NOT NULL AND NEW."letterhead_id" IS DISTINCT FROM OLD."letterhead_id")
  EXECUTE FUNCTION "bill_has_letterhead"();

-- A bill keeps its tenant and its id, by which others know it.
CREATE FUNCTION "bill_keeps_its_key"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a bill keeps its tenant and its id' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "customer_bill_keeps_its_key" AFTER UPDATE OF "tenant_id", "id" ON "customer_bill" FOR EACH ROW
  WHEN (NEW."tenant_id" <> OLD."tenant_id" OR NEW."id" <> OLD."id") EXECUTE FUNCTION "bill_keeps_its_key"();

-- An uploaded row is of a bill of its owner. One that this transaction wrote cannot go; others are locked.
CREATE OR REPLACE FUNCTION "uploaded_bill_is_of_its_bill"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "rows" r WHERE NOT EXISTS (SELECT FROM "customer_bill" b
      WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
        AND b."partner_id" IS NOT DISTINCT FROM r."partner_id" AND b.xmin = pg_current_xact_id()::xid)) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM "rows" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
    FOR KEY SHARE OF b;
  IF EXISTS (SELECT FROM "rows" r WHERE NOT EXISTS (SELECT FROM "customer_bill" b
      WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
        AND b."partner_id" IS NOT DISTINCT FROM r."partner_id")) THEN
    RAISE EXCEPTION 'the row of an uploaded bill is of a bill of its owner'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

-- It goes with its bill.
CREATE FUNCTION "uploaded_bill_goes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM "uploaded_bill" u WHERE u."tenant_id" = OLD."tenant_id" AND u."bill_id" = OLD."id";
  ELSIF EXISTS (SELECT FROM "uploaded_bill") THEN
    RAISE EXCEPTION 'bills of uploaded rows are not removed all at once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "uploaded_bill_goes" AFTER DELETE ON "customer_bill" FOR EACH ROW EXECUTE FUNCTION "uploaded_bill_goes"();
CREATE TRIGGER "uploaded_bill_no_truncate" BEFORE TRUNCATE ON "customer_bill"
  FOR EACH STATEMENT EXECUTE FUNCTION "uploaded_bill_goes"();
