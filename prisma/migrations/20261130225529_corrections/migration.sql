-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "related_bill" JSONB;

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "correction_reasons" JSONB NOT NULL DEFAULT '["wrongAmount", "wrongCustomer", "notDelivered", "goodwill", "other"]',
ADD COLUMN     "credit_note_number_pattern" TEXT COLLATE "C" NOT NULL DEFAULT 'CRN-{yyyy}-{000001}';

-- CreateTable
CREATE TABLE "correction" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "kind" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "credited" DECIMAL(28,10) NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C",
    "reference" TEXT COLLATE "C",
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "credit_note_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "correction_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "credit_note_line" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "credit_note_id" TEXT COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,
    "rate_id" TEXT COLLATE "C",
    "rate_type" TEXT COLLATE "C",
    "tax_key" TEXT COLLATE "C",
    "amount" DECIMAL(28,10) NOT NULL,
    "applied_tax" JSONB,

    CONSTRAINT "credit_note_line_pkey" PRIMARY KEY ("tenant_id","credit_note_id","position")
);

-- CreateIndex
CREATE INDEX "correction_tenant_id_kind_id_idx" ON "correction"("tenant_id", "kind", "id");

-- CreateIndex
CREATE INDEX "correction_tenant_id_bill_id_idx" ON "correction"("tenant_id", "bill_id");

-- CreateIndex
CREATE INDEX "correction_tenant_id_billing_account_id_id_idx" ON "correction"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "correction_tenant_id_credit_note_id_key" ON "correction"("tenant_id", "credit_note_id");

-- CreateIndex
CREATE INDEX "credit_note_line_tenant_id_rate_id_idx" ON "credit_note_line"("tenant_id", "rate_id");

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_tenant_id_credit_note_id_fkey" FOREIGN KEY ("tenant_id", "credit_note_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "credit_note_line" ADD CONSTRAINT "credit_note_line_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "credit_note_line" ADD CONSTRAINT "credit_note_line_tenant_id_credit_note_id_fkey" FOREIGN KEY ("tenant_id", "credit_note_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. A reference of the provider means one correction of its kind.
CREATE UNIQUE INDEX "correction_once" ON "correction"("tenant_id", "kind", "reference") WHERE "reference" IS NOT NULL;
ALTER TABLE "correction" ADD CONSTRAINT "correction_kind" CHECK ("kind" = 'creditNote');
ALTER TABLE "correction" ADD CONSTRAINT "correction_amount" CHECK ("amount" > 0 AND "credited" BETWEEN 0 AND "amount");

-- A share of the rounding is of no rate.
ALTER TABLE "credit_note_line" ADD CONSTRAINT "credit_note_line_rounding" CHECK ("rate_type" IS NOT NULL
  OR "rate_id" IS NULL AND "applied_tax" IS NULL);

CREATE FUNCTION "correction_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "correction") THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'a correction does not change; correct it by another one'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_immutable', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER "correction_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "correction"
  FOR EACH STATEMENT EXECUTE FUNCTION "correction_is_immutable"();
CREATE TRIGGER "credit_note_line_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "credit_note_line"
  FOR EACH STATEMENT EXECUTE FUNCTION "correction_is_immutable"();

-- The credit notes of a bill never give back more than it was for. Corrections of a bill wait for each other.
CREATE FUNCTION "correction_is_within_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "due" numeric;
BEGIN
  SELECT b."amount_due_value" INTO "due" FROM "customer_bill" b
  WHERE b."tenant_id" = NEW."tenant_id" AND b."id" = NEW."bill_id" FOR UPDATE;
  IF (SELECT sum(c."amount") FROM "correction" c WHERE c."tenant_id" = NEW."tenant_id" AND c."bill_id" = NEW."bill_id"
    AND c."kind" = 'creditNote') > "due" THEN
    RAISE EXCEPTION 'the credit notes of a bill exceed it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_within_bill', TABLE = 'correction';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "correction_within_bill" AFTER INSERT ON "correction"
  FOR EACH ROW EXECUTE FUNCTION "correction_is_within_bill"();

-- An issued bill may be corrected by others.
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
    "kept"."related_bill" := NEW."related_bill";
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
