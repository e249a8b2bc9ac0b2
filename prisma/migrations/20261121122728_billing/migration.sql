-- AlterTable
ALTER TABLE "applied_customer_billing_rate" ADD COLUMN     "external_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "bill_run_id" TEXT COLLATE "C",
ADD COLUMN     "rounding_amount" DECIMAL(28,10);

-- AlterTable
ALTER TABLE "customer_bill_on_demand" ADD COLUMN     "state_reason" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "bill_number_pattern" TEXT COLLATE "C" NOT NULL DEFAULT 'INV-{yyyy}-{000001}',
ADD COLUMN     "branding" JSONB,
ADD COLUMN     "call_charge_types" JSONB NOT NULL DEFAULT '["usageCharge"]',
ADD COLUMN     "currency" TEXT COLLATE "C" NOT NULL DEFAULT 'EUR',
ADD COLUMN     "language" TEXT COLLATE "C" NOT NULL DEFAULT 'en',
ADD COLUMN     "time_zone" TEXT COLLATE "C" NOT NULL DEFAULT 'UTC';

-- CreateTable
CREATE TABLE "customer" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "internal_id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "primary_email" TEXT COLLATE "C",
    "phone_number" TEXT COLLATE "C",
    "address" JSONB,

    CONSTRAINT "customer_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "billing_account" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "internal_id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "customer_id" TEXT COLLATE "C" NOT NULL,
    "customer" JSONB,
    "name" TEXT COLLATE "C" NOT NULL,
    "status" TEXT COLLATE "C" NOT NULL,
    "billing_type" TEXT COLLATE "C" NOT NULL,
    "invoice_currency" TEXT COLLATE "C" NOT NULL,
    "net_term_days" INTEGER NOT NULL,
    "bill_cycle_specification_id" TEXT COLLATE "C",
    "credit_limit" DECIMAL(28,10),
    "credit_limit_unit" TEXT COLLATE "C",
    "tax_profile" JSONB,
    "language" TEXT COLLATE "C",
    "primary_email" TEXT COLLATE "C",
    "address" JSONB,
    "settings" JSONB,
    "billing_information" JSONB,
    "aliases" JSONB,

    CONSTRAINT "billing_account_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "account_alias" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "alias" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "account_alias_pkey" PRIMARY KEY ("tenant_id","alias")
);

-- CreateTable
CREATE TABLE "account_balance" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "credit" DECIMAL(28,10) NOT NULL DEFAULT 0,
    "overdrawn" DECIMAL(28,10) NOT NULL DEFAULT 0,

    CONSTRAINT "account_balance_pkey" PRIMARY KEY ("tenant_id","account_id","currency")
);

-- CreateTable
CREATE TABLE "bill_run" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "bill_cycle_id" TEXT COLLATE "C" NOT NULL,
    "is_dry" BOOLEAN NOT NULL,
    "bill_state" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "dates" JSONB NOT NULL,
    "failure" TEXT COLLATE "C",
    "unknown_account_rates" JSONB,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "author" JSONB NOT NULL,

    CONSTRAINT "bill_run_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "bill_run_chunk" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_run_id" TEXT COLLATE "C" NOT NULL,
    "number" INTEGER NOT NULL,
    "first_account" TEXT COLLATE "C" NOT NULL,
    "last_account" TEXT COLLATE "C" NOT NULL,
    "eligible" INTEGER NOT NULL,
    "billed" INTEGER,
    "skipped" JSONB,
    "amounts" JSONB,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "bill_run_chunk_pkey" PRIMARY KEY ("tenant_id","bill_run_id","number")
);

-- CreateTable
CREATE TABLE "bill_run_parked" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_run_id" TEXT COLLATE "C" NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "bill_run_parked_pkey" PRIMARY KEY ("tenant_id","bill_run_id","billing_account_id")
);

-- CreateTable
CREATE TABLE "bill_run_dry_bill" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_run_id" TEXT COLLATE "C" NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "document" JSONB NOT NULL,

    CONSTRAINT "bill_run_dry_bill_pkey" PRIMARY KEY ("tenant_id","bill_run_id","billing_account_id")
);

-- CreateTable
CREATE TABLE "number_series" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "series" TEXT COLLATE "C" NOT NULL,
    "next" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "number_series_pkey" PRIMARY KEY ("tenant_id","series")
);

-- CreateTable
CREATE TABLE "ledger_entry" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "journal_id" TEXT COLLATE "C" NOT NULL,
    "line" INTEGER NOT NULL,
    "posted_at" TIMESTAMPTZ(3) NOT NULL,
    "book" TEXT COLLATE "C" NOT NULL,
    "detail" TEXT COLLATE "C",
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "source_type" TEXT COLLATE "C" NOT NULL,
    "source_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("tenant_id","journal_id","line")
);

-- CreateTable
CREATE TABLE "payment" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "method" TEXT COLLATE "C" NOT NULL,
    "reference" TEXT COLLATE "C" NOT NULL,
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "reversed_at" TIMESTAMPTZ(3),

    CONSTRAINT "payment_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "payment_allocation" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "payment_id" TEXT COLLATE "C",
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "bill_state" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "payment_allocation_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "customer_tenant_id_partner_id_id_idx" ON "customer"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE INDEX "billing_account_tenant_id_customer_id_id_idx" ON "billing_account"("tenant_id", "customer_id", "id");

-- CreateIndex
CREATE INDEX "billing_account_tenant_id_partner_id_id_idx" ON "billing_account"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE INDEX "billing_account_tenant_id_bill_cycle_specification_id_id_idx" ON "billing_account"("tenant_id", "bill_cycle_specification_id", "id");

-- CreateIndex
CREATE INDEX "account_alias_tenant_id_account_id_position_idx" ON "account_alias"("tenant_id", "account_id", "position");

-- CreateIndex
CREATE INDEX "bill_run_tenant_id_bill_cycle_id_id_idx" ON "bill_run"("tenant_id", "bill_cycle_id", "id");

-- CreateIndex
CREATE INDEX "ledger_entry_tenant_id_billing_account_id_posted_at_journal_idx" ON "ledger_entry"("tenant_id", "billing_account_id", "posted_at", "journal_id");

-- CreateIndex
CREATE INDEX "ledger_entry_tenant_id_source_id_idx" ON "ledger_entry"("tenant_id", "source_id");

-- CreateIndex
CREATE INDEX "payment_tenant_id_billing_account_id_id_idx" ON "payment"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_tenant_id_reference_key" ON "payment"("tenant_id", "reference");

-- CreateIndex
CREATE INDEX "payment_allocation_tenant_id_payment_id_idx" ON "payment_allocation"("tenant_id", "payment_id");

-- CreateIndex
CREATE INDEX "payment_allocation_tenant_id_bill_id_idx" ON "payment_allocation"("tenant_id", "bill_id");

-- CreateIndex
CREATE UNIQUE INDEX "applied_customer_billing_rate_tenant_id_external_id_key" ON "applied_customer_billing_rate"("tenant_id", "external_id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_bill_run_id_id_idx" ON "customer_bill"("tenant_id", "bill_run_id", "id");

-- AddForeignKey
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer" ADD CONSTRAINT "customer_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer" ADD CONSTRAINT "customer_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "billing_account" ADD CONSTRAINT "billing_account_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "billing_account" ADD CONSTRAINT "billing_account_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "billing_account" ADD CONSTRAINT "billing_account_tenant_id_customer_id_fkey" FOREIGN KEY ("tenant_id", "customer_id") REFERENCES "customer"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "billing_account" ADD CONSTRAINT "billing_account_tenant_id_bill_cycle_specification_id_fkey" FOREIGN KEY ("tenant_id", "bill_cycle_specification_id") REFERENCES "bill_cycle_specification"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "account_alias" ADD CONSTRAINT "account_alias_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "account_alias" ADD CONSTRAINT "account_alias_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "account_balance" ADD CONSTRAINT "account_balance_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "account_balance" ADD CONSTRAINT "account_balance_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_run" ADD CONSTRAINT "bill_run_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_run" ADD CONSTRAINT "bill_run_tenant_id_bill_cycle_id_fkey" FOREIGN KEY ("tenant_id", "bill_cycle_id") REFERENCES "bill_cycle"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_run_chunk" ADD CONSTRAINT "bill_run_chunk_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_run_parked" ADD CONSTRAINT "bill_run_parked_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_run_dry_bill" ADD CONSTRAINT "bill_run_dry_bill_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "number_series" ADD CONSTRAINT "number_series_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_allocation" ADD CONSTRAINT "payment_allocation_tenant_id_payment_id_fkey" FOREIGN KEY ("tenant_id", "payment_id") REFERENCES "payment"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_allocation" ADD CONSTRAINT "payment_allocation_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- However often and by however many processes a cycle is run, an account gets one bill of it.
CREATE UNIQUE INDEX "customer_bill_once_per_cycle" ON "customer_bill"("tenant_id", "bill_cycle_id", "billing_account_id", "run_type")
  WHERE "bill_run_id" IS NOT NULL;
-- A cycle is run once at a time, and again only where the last run did not end well.
CREATE UNIQUE INDEX "bill_run_one_at_a_time" ON "bill_run"("tenant_id", "bill_cycle_id")
  WHERE NOT "is_dry" AND "state" IN ('queued', 'running');
-- What billing looks for: of all rates few are still to be billed.
CREATE INDEX "applied_customer_billing_rate_unbilled_idx" ON "applied_customer_billing_rate"("tenant_id", "billing_account_id", "date", "id")
  WHERE NOT "is_billed";
-- What is looked for every few seconds, lest a request that a dead process was at is forgotten.
CREATE INDEX "customer_bill_on_demand_open_idx" ON "customer_bill_on_demand"("tenant_id", "id") WHERE "state" = 'inProgress';
-- What payments look for: the oldest due first.
CREATE INDEX "customer_bill_unpaid_idx" ON "customer_bill"("tenant_id", "billing_account_id", "payment_due_date", "id")
  WHERE "state" IN ('validated', 'sent', 'partiallyPaid');

-- Below zero it goes by what prepaid bills have taken of the credit limit, and by nothing else.
ALTER TABLE "account_balance" ADD CONSTRAINT "account_balance_not_negative" CHECK ("overdrawn" >= 0 AND "credit" >= -"overdrawn");
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_not_overpaid" CHECK (
  "bill_run_id" IS NULL OR "remaining_amount_value" IS NULL OR "remaining_amount_value" * sign("amount_due_value") BETWEEN 0 AND abs("amount_due_value"));

-- The amounts of a journal sum to zero in every currency; all of its entries come in one statement.
CREATE FUNCTION "ledger_is_balanced"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "entries" GROUP BY "tenant_id", "journal_id", "currency" HAVING sum("amount") <> 0) THEN
    RAISE EXCEPTION 'a journal does not sum to zero' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "ledger_balanced" AFTER INSERT ON "ledger_entry" REFERENCING NEW TABLE AS "entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_is_balanced"();

CREATE FUNCTION "ledger_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is immutable; post a reversal' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "ledger_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_is_immutable"();

-- What a bill says never changes once it is issued; its state and what is paid of it do.
CREATE FUNCTION "issued_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW."issued_as" IS NULL
    OR (OLD."bill_no" IS NOT NULL AND NEW."bill_no" IS DISTINCT FROM OLD."bill_no")
    OR (NEW."tenant_id", NEW."id", NEW."partner_id", NEW."bill_run_id", NEW."bill_date", NEW."category", NEW."run_type",
        NEW."billing_account_id", NEW."financial_account_id", NEW."billing_period", NEW."bill_cycle_id", NEW."tax_item",
        NEW."amount_due_value", NEW."amount_due_unit", NEW."tax_excluded_amount_value", NEW."tax_excluded_amount_unit",
        NEW."tax_included_amount_value", NEW."tax_included_amount_unit", NEW."rounding_amount")
      IS DISTINCT FROM
       (OLD."tenant_id", OLD."id", OLD."partner_id", OLD."bill_run_id", OLD."bill_date", OLD."category", OLD."run_type",
        OLD."billing_account_id", OLD."financial_account_id", OLD."billing_period", OLD."bill_cycle_id", OLD."tax_item",
        OLD."amount_due_value", OLD."amount_due_unit", OLD."tax_excluded_amount_value", OLD."tax_excluded_amount_unit",
        OLD."tax_included_amount_value", OLD."tax_included_amount_unit", OLD."rounding_amount") THEN
    RAISE EXCEPTION 'an issued bill does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "issued_bill_immutable" BEFORE UPDATE OR DELETE ON "customer_bill"
  FOR EACH ROW WHEN (OLD."issued_as" IS NOT NULL) EXECUTE FUNCTION "issued_bill_is_immutable"();

-- Nor do its lines: none joins, leaves or changes unless the bill itself is written in the same transaction.
CREATE FUNCTION "issued_lines_are_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_touched boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    is_touched := EXISTS (SELECT FROM "after" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL AND b.xmin <> pg_current_xact_id()::xid);
  ELSIF TG_OP = 'DELETE' THEN
    is_touched := EXISTS (SELECT FROM "before" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL);
  ELSE
    is_touched := EXISTS (SELECT FROM "before" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL)
      OR EXISTS (SELECT FROM "after" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
      WHERE b."issued_as" IS NOT NULL AND b.xmin <> pg_current_xact_id()::xid);
  END IF;
  IF is_touched THEN
    RAISE EXCEPTION 'the lines of an issued bill do not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "issued_lines_insert" AFTER INSERT ON "applied_customer_billing_rate" REFERENCING NEW TABLE AS "after"
  FOR EACH STATEMENT EXECUTE FUNCTION "issued_lines_are_immutable"();
CREATE TRIGGER "issued_lines_update" AFTER UPDATE ON "applied_customer_billing_rate"
  REFERENCING OLD TABLE AS "before" NEW TABLE AS "after"
  FOR EACH STATEMENT EXECUTE FUNCTION "issued_lines_are_immutable"();
CREATE TRIGGER "issued_lines_delete" AFTER DELETE ON "applied_customer_billing_rate" REFERENCING OLD TABLE AS "before"
  FOR EACH STATEMENT EXECUTE FUNCTION "issued_lines_are_immutable"();

-- Rates are marked before their bill is written, which is last, since its number makes others wait.
ALTER TABLE "applied_customer_billing_rate" ALTER CONSTRAINT "applied_customer_billing_rate_tenant_id_bill_id_fkey" DEFERRABLE INITIALLY IMMEDIATE;

-- An account's id and its aliases are names of one kind: none finds two accounts, however the rows are written.
CREATE FUNCTION "account_names_insert"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "account_alias" ("tenant_id", "alias", "account_id", "position")
    SELECT "tenant_id", "id", "id", 0 FROM "accounts"
    UNION ALL
    SELECT a."tenant_id", n."name" ->> 'alias', a."id", n."position"
      FROM "accounts" a CROSS JOIN jsonb_array_elements(a."aliases") WITH ORDINALITY AS n("name", "position");
  RETURN NULL;
END $$;
CREATE TRIGGER "account_names_insert" AFTER INSERT ON "billing_account" REFERENCING NEW TABLE AS "accounts"
  FOR EACH STATEMENT EXECUTE FUNCTION "account_names_insert"();

CREATE FUNCTION "account_names_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "account_alias" WHERE "tenant_id" = NEW."tenant_id" AND "account_id" = NEW."id" AND "position" > 0;
  INSERT INTO "account_alias" ("tenant_id", "alias", "account_id", "position")
    SELECT NEW."tenant_id", n."name" ->> 'alias', NEW."id", n."position"
      FROM jsonb_array_elements(NEW."aliases") WITH ORDINALITY AS n("name", "position");
  RETURN NULL;
END $$;
CREATE TRIGGER "account_names_update" AFTER UPDATE OF "aliases" ON "billing_account"
  FOR EACH ROW WHEN (OLD."aliases" IS DISTINCT FROM NEW."aliases") EXECUTE FUNCTION "account_names_update"();
