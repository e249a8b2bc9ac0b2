-- AlterTable
ALTER TABLE "ledger_entry" ADD COLUMN     "occurred_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "period_close" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "through" DATE NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "description" TEXT COLLATE "C",
    "entries" BIGINT,
    "totals" JSONB,

    CONSTRAINT "period_close_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "period_close_tenant_id_ends_at_key" ON "period_close"("tenant_id", "ends_at");

-- AddForeignKey
ALTER TABLE "period_close" ADD CONSTRAINT "period_close_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- The end of the closed periods of a tenant, NULL without any. No period closes until the transaction ends: a posting
-- that took it for open is there when the period closes. 678008 is LOCKS.postings.
CREATE FUNCTION "open_from"("tenant" text) RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(678008, hashtext("tenant"));
  RETURN (SELECT max(c."ends_at") FROM "period_close" c WHERE c."tenant_id" = "tenant");
END $$;

-- Nothing is posted in a closed period.
CREATE OR REPLACE FUNCTION "ledger_is_balanced"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "entries" GROUP BY "tenant_id", "journal_id", "billing_account_id", "currency"
    HAVING sum("amount") <> 0) THEN
    RAISE EXCEPTION 'a journal does not sum to zero' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM "entries" WHERE "posted_at" > clock_timestamp() + interval '1 hour') THEN
    RAISE EXCEPTION 'the account has entries that are ahead of the clock of the database, or the process is'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_not_ahead';
  END IF;
  IF EXISTS (SELECT FROM (SELECT "tenant_id", min("posted_at") AS "first" FROM "entries" GROUP BY 1) e
    WHERE e."first" < "open_from"(e."tenant_id")) THEN
    RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_open';
  END IF;
  RETURN NULL;
END $$;

-- A period closes after all before it, once, and for ever. Only its sums are counted later, once.
ALTER TABLE "period_close" ADD CONSTRAINT "period_close_over" CHECK ("ends_at" <= "created_at"),
  ADD CONSTRAINT "period_close_counted" CHECK (("entries" IS NULL) = ("totals" IS NULL));
CREATE FUNCTION "period_close_is_next"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(678008, hashtext(NEW."tenant_id"));
  IF EXISTS (SELECT FROM "period_close" c WHERE c."tenant_id" = NEW."tenant_id" AND c."ends_at" >= NEW."ends_at") THEN
    RAISE EXCEPTION 'the period is closed already'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'period_close_next', TABLE = 'period_close';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "period_close_next" BEFORE INSERT ON "period_close"
  FOR EACH ROW EXECUTE FUNCTION "period_close_is_next"();
CREATE FUNCTION "period_close_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "period_close";
BEGIN
  IF TG_OP = 'UPDATE' THEN
    "kept" := OLD;
    IF OLD."entries" IS NULL THEN
      "kept"."version" := NEW."version";
      "kept"."entries" := NEW."entries";
      "kept"."totals" := NEW."totals";
    END IF;
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a closed period stays closed'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'period_close_immutable', TABLE = 'period_close';
END $$;
CREATE TRIGGER "period_close_immutable" BEFORE UPDATE OR DELETE ON "period_close"
  FOR EACH ROW EXECUTE FUNCTION "period_close_is_immutable"();
CREATE FUNCTION "period_close_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "period_close") THEN
    RAISE EXCEPTION 'a closed period stays closed'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'period_close_immutable', TABLE = 'period_close';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "period_close_kept" BEFORE TRUNCATE ON "period_close"
  FOR EACH STATEMENT EXECUTE FUNCTION "period_close_is_kept"();
