-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "dunning_plan" JSONB;

-- CreateTable
CREATE TABLE "dunning_day" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dunning_day_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "dunning_step" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "day" DATE NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "days_after_due" INTEGER NOT NULL,
    "action" TEXT COLLATE "C" NOT NULL,
    "text" TEXT COLLATE "C",
    "currency" TEXT COLLATE "C" NOT NULL,
    "overdue_amount" DECIMAL(28,10) NOT NULL,
    "days_overdue" INTEGER NOT NULL,
    "fee_rate_id" TEXT COLLATE "C",
    "interest_rate_id" TEXT COLLATE "C",

    CONSTRAINT "dunning_step_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "payment_promise" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C",
    "until" DATE NOT NULL,
    "description" TEXT COLLATE "C",
    "cancelled_at" TIMESTAMPTZ(3),

    CONSTRAINT "payment_promise_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "dunning_step_tenant_id_billing_account_id_id_idx" ON "dunning_step"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "dunning_step_tenant_id_bill_id_days_after_due_action_key" ON "dunning_step"("tenant_id", "bill_id", "days_after_due", "action");

-- CreateIndex
CREATE INDEX "payment_promise_tenant_id_billing_account_id_id_idx" ON "payment_promise"("tenant_id", "billing_account_id", "id");

-- AddForeignKey
ALTER TABLE "dunning_day" ADD CONSTRAINT "dunning_day_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_promise" ADD CONSTRAINT "payment_promise_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_promise" ADD CONSTRAINT "payment_promise_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_promise" ADD CONSTRAINT "payment_promise_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "payment_promise" ADD CONSTRAINT "payment_promise_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.
CREATE INDEX "dunning_step_partner_idx" ON "dunning_step"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "payment_promise_partner_idx" ON "payment_promise"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
-- Dunning looks for the promises that nobody cancelled.
CREATE INDEX "payment_promise_open" ON "payment_promise"("tenant_id", "billing_account_id", "until")
  WHERE "cancelled_at" IS NULL;

ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_action"
  CHECK ("action" IN ('reminder', 'fee', 'event', 'suspendRequest'));
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_overdue"
  CHECK ("overdue_amount" > 0 AND "days_after_due" > 0 AND "days_overdue" >= "days_after_due");
ALTER TABLE "dunning_step" ADD CONSTRAINT "dunning_step_rates"
  CHECK ("action" = 'fee' OR num_nonnulls("fee_rate_id", "interest_rate_id") = 0);

-- What was done does not change: a step that could be taken back would be done again.
CREATE FUNCTION "dunning_step_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "dunning_step") THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'a step of dunning that was done does not change'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'dunning_step_immutable', TABLE = 'dunning_step';
END $$;
CREATE TRIGGER "dunning_step_immutable" BEFORE UPDATE OR DELETE ON "dunning_step"
  FOR EACH ROW EXECUTE FUNCTION "dunning_step_is_immutable"();
CREATE TRIGGER "dunning_step_no_truncate" BEFORE TRUNCATE ON "dunning_step"
  FOR EACH STATEMENT EXECUTE FUNCTION "dunning_step_is_immutable"();

-- No bill that nothing is due of gets a step, whatever the code of the day.
CREATE FUNCTION "dunning_step_is_due"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = NEW."tenant_id" AND b."id" = NEW."bill_id"
      AND b."billing_account_id" = NEW."billing_account_id" AND b."remaining_amount_unit" = NEW."currency"
      AND b."state" IN ('validated', 'sent', 'partiallyPaid') AND b."remaining_amount_value" >= NEW."overdue_amount"
      AND b."payment_due_date" < NEW."created_at") THEN
    RAISE EXCEPTION 'so much is not due of this bill'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'dunning_step_of_due_bill', TABLE = 'dunning_step';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "dunning_step_of_due_bill" AFTER INSERT ON "dunning_step"
  FOR EACH ROW EXECUTE FUNCTION "dunning_step_is_due"();

-- A promise is cancelled once. Nothing else of it changes.
CREATE FUNCTION "payment_promise_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "payment_promise" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."cancelled_at" IS NULL AND NEW."cancelled_at" IS NOT NULL THEN
    "kept"."version" := NEW."version";
    "kept"."cancelled_at" := NEW."cancelled_at";
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a promise to pay is only cancelled'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payment_promise_kept', TABLE = 'payment_promise';
END $$;
CREATE TRIGGER "payment_promise_kept" BEFORE UPDATE OR DELETE ON "payment_promise"
  FOR EACH ROW EXECUTE FUNCTION "payment_promise_is_kept"();
