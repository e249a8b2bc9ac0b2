-- AlterTable
ALTER TABLE "bill_run_dry_bill" ADD COLUMN     "lines" JSONB;

-- CreateTable
CREATE TABLE "comparison" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "bill_cycle_id" TEXT COLLATE "C" NOT NULL,
    "bill_run_id" TEXT COLLATE "C" NOT NULL,
    "tolerance" JSONB NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "failure" TEXT COLLATE "C",
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "summary" JSONB,

    CONSTRAINT "comparison_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "comparison_account" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "comparison_id" TEXT COLLATE "C" NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,
    "status" TEXT COLLATE "C" NOT NULL,
    "reasons" JSONB NOT NULL,
    "uncompared" JSONB NOT NULL,
    "difference" DECIMAL(38,10) NOT NULL,
    "here_bills" INTEGER NOT NULL,
    "there_bills" INTEGER NOT NULL,
    "here_amount" DECIMAL(38,10),
    "there_amount" DECIMAL(38,10),
    "here_tax" DECIMAL(38,10),
    "there_tax" DECIMAL(38,10),
    "here_due" TEXT COLLATE "C",
    "there_due" TEXT COLLATE "C",
    "here_lines" JSONB,
    "there_lines" JSONB,

    CONSTRAINT "comparison_account_pkey" PRIMARY KEY ("tenant_id","comparison_id","billing_account_id","currency")
);

-- CreateIndex
CREATE INDEX "comparison_tenant_id_bill_cycle_id_idx" ON "comparison"("tenant_id", "bill_cycle_id");

-- CreateIndex
CREATE INDEX "comparison_tenant_id_bill_run_id_idx" ON "comparison"("tenant_id", "bill_run_id");

-- CreateIndex
CREATE UNIQUE INDEX "comparison_account_tenant_id_comparison_id_position_key" ON "comparison_account"("tenant_id", "comparison_id", "position");

-- AddForeignKey
ALTER TABLE "comparison" ADD CONSTRAINT "comparison_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "comparison" ADD CONSTRAINT "comparison_tenant_id_bill_cycle_id_fkey" FOREIGN KEY ("tenant_id", "bill_cycle_id") REFERENCES "bill_cycle"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "comparison" ADD CONSTRAINT "comparison_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "comparison_account" ADD CONSTRAINT "comparison_account_tenant_id_comparison_id_fkey" FOREIGN KEY ("tenant_id", "comparison_id") REFERENCES "comparison"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

ALTER TABLE "comparison" ADD CONSTRAINT "comparison_state" CHECK ("state" IN ('queued', 'running', 'done', 'failed')
  AND ("state" IN ('done', 'failed')) = ("finished_at" IS NOT NULL)
  AND ("state" = 'done') = ("summary" IS NOT NULL)
  AND ("state" = 'failed') = ("failure" IS NOT NULL));
ALTER TABLE "comparison" ADD CONSTRAINT "comparison_tolerance" CHECK (jsonb_typeof("tolerance") = 'object');

-- A side with bills has an amount, and only that one.
ALTER TABLE "comparison_account" ADD CONSTRAINT "comparison_account_sides" CHECK (
  ("here_bills" > 0) = ("here_amount" IS NOT NULL) AND ("there_bills" > 0) = ("there_amount" IS NOT NULL)
  AND "difference" = coalesce("here_amount", 0) - coalesce("there_amount", 0));
ALTER TABLE "comparison_account" ADD CONSTRAINT "comparison_account_status" CHECK ("status" = CASE
  WHEN "there_bills" = 0 AND "here_bills" > 0 THEN 'onlyHere'
  WHEN "here_bills" = 0 AND "there_bills" > 0 THEN 'onlyThere'
  WHEN "reasons" = '[]' THEN 'equal' ELSE 'differs' END);

-- What was found does not change: it goes with its comparison.
CREATE FUNCTION "comparison_account_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "comparison_account") THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'the result of a comparison does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "comparison_account_immutable" BEFORE UPDATE OR TRUNCATE ON "comparison_account"
  FOR EACH STATEMENT EXECUTE FUNCTION "comparison_account_is_immutable"();
