-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "dispute_reasons" JSONB NOT NULL DEFAULT '["wrongAmount", "unknownCharge", "notDelivered", "alreadyPaid", "other"]';

-- CreateTable
CREATE TABLE "dispute" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C",
    "reference" TEXT COLLATE "C",
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "opened_by" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "answer" TEXT COLLATE "C",
    "closed_at" TIMESTAMPTZ(3),
    "correction_id" TEXT COLLATE "C",

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "dispute_line" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "dispute_id" TEXT COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,
    "rate_id" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10),
    "is_open" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "dispute_line_pkey" PRIMARY KEY ("tenant_id","dispute_id","position")
);

-- CreateTable
CREATE TABLE "dispute_hold" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "bill_state" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "dispute_hold_pkey" PRIMARY KEY ("tenant_id","bill_id")
);

-- CreateIndex
CREATE INDEX "dispute_tenant_id_bill_id_idx" ON "dispute"("tenant_id", "bill_id");

-- CreateIndex
CREATE INDEX "dispute_tenant_id_billing_account_id_id_idx" ON "dispute"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE INDEX "dispute_tenant_id_partner_id_id_idx" ON "dispute"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "dispute_tenant_id_correction_id_key" ON "dispute"("tenant_id", "correction_id");

-- CreateIndex
CREATE INDEX "dispute_line_tenant_id_rate_id_idx" ON "dispute_line"("tenant_id", "rate_id");

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_tenant_id_correction_id_fkey" FOREIGN KEY ("tenant_id", "correction_id") REFERENCES "correction"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute_line" ADD CONSTRAINT "dispute_line_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute_line" ADD CONSTRAINT "dispute_line_tenant_id_dispute_id_fkey" FOREIGN KEY ("tenant_id", "dispute_id") REFERENCES "dispute"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute_line" ADD CONSTRAINT "dispute_line_tenant_id_rate_id_fkey" FOREIGN KEY ("tenant_id", "rate_id") REFERENCES "applied_customer_billing_rate"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute_hold" ADD CONSTRAINT "dispute_hold_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "dispute_hold" ADD CONSTRAINT "dispute_hold_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. A reference means one dispute of its sender.
CREATE UNIQUE INDEX "dispute_once" ON "dispute"("tenant_id", "opened_by", "reference")
  WHERE "reference" IS NOT NULL AND "opened_by" <> 'partner';
CREATE UNIQUE INDEX "dispute_partner_once" ON "dispute"("tenant_id", "partner_id", "reference")
  WHERE "reference" IS NOT NULL AND "opened_by" = 'partner';
-- Payments and reports look for the open disputes of bills. One dispute of a line is open.
CREATE INDEX "dispute_open" ON "dispute"("tenant_id", "bill_id") WHERE "closed_at" IS NULL;
CREATE UNIQUE INDEX "dispute_line_open" ON "dispute_line"("tenant_id", "rate_id") WHERE "is_open";

ALTER TABLE "dispute" ADD CONSTRAINT "dispute_amount" CHECK ("amount" > 0);
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_opened_by" CHECK ("opened_by" IN ('customer', 'partner', 'provider'));
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_state" CHECK (CASE "state"
  WHEN 'acknowledged' THEN num_nonnulls("closed_at", "answer", "correction_id") = 0
  WHEN 'inProgress' THEN num_nonnulls("closed_at", "answer", "correction_id") = 0
  WHEN 'resolved' THEN num_nonnulls("closed_at", "correction_id") = 2
  WHEN 'rejected' THEN num_nonnulls("closed_at", "answer") = 2 AND "correction_id" IS NULL
  WHEN 'cancelled' THEN "closed_at" IS NOT NULL AND num_nonnulls("answer", "correction_id") = 0
  ELSE FALSE END);
ALTER TABLE "dispute_line" ADD CONSTRAINT "dispute_line_amount" CHECK ("amount" <> 0);
ALTER TABLE "dispute_hold" ADD CONSTRAINT "dispute_hold_state"
  CHECK ("bill_state" IN ('validated', 'sent', 'partiallyPaid'));

-- A dispute begins acknowledged, goes on, and ends once. Nothing else of it changes.
CREATE FUNCTION "dispute_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "dispute" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD."state", NEW."state") IN (('acknowledged', 'inProgress'), ('acknowledged', 'resolved'),
      ('acknowledged', 'rejected'), ('acknowledged', 'cancelled'), ('inProgress', 'resolved'),
      ('inProgress', 'rejected'), ('inProgress', 'cancelled')) THEN
    "kept"."version" := NEW."version";
    "kept"."state" := NEW."state";
    "kept"."answer" := NEW."answer";
    "kept"."closed_at" := NEW."closed_at";
    "kept"."correction_id" := NEW."correction_id";
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a dispute only goes on to its next state'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'dispute_kept', TABLE = 'dispute';
END $$;
CREATE TRIGGER "dispute_kept" BEFORE UPDATE OR DELETE ON "dispute"
  FOR EACH ROW EXECUTE FUNCTION "dispute_is_kept"();
CREATE FUNCTION "dispute_is_not_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "dispute") THEN
    RAISE EXCEPTION 'disputes are kept'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_kept', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "dispute_no_truncate" BEFORE TRUNCATE ON "dispute"
  FOR EACH STATEMENT EXECUTE FUNCTION "dispute_is_not_truncated"();
CREATE TRIGGER "dispute_line_no_truncate" BEFORE TRUNCATE ON "dispute_line"
  FOR EACH STATEMENT EXECUTE FUNCTION "dispute_is_not_truncated"();

-- The open disputes of a bill are of no more than remains of it. Disputes of a bill wait for each other.
CREATE FUNCTION "dispute_is_within_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "rest" numeric;
BEGIN
  IF NEW."state" <> 'acknowledged' THEN
    RAISE EXCEPTION 'a dispute begins acknowledged'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_begins', TABLE = 'dispute';
  END IF;
  SELECT b."remaining_amount_value" INTO "rest" FROM "customer_bill" b
  WHERE b."tenant_id" = NEW."tenant_id" AND b."id" = NEW."bill_id" FOR UPDATE;
  IF (SELECT sum(d."amount") FROM "dispute" d WHERE d."tenant_id" = NEW."tenant_id" AND d."bill_id" = NEW."bill_id"
    AND d."closed_at" IS NULL) > coalesce("rest", 0) THEN
    RAISE EXCEPTION 'more of the bill is disputed than remains of it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_within_bill', TABLE = 'dispute';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "dispute_within_bill" AFTER INSERT ON "dispute"
  FOR EACH ROW EXECUTE FUNCTION "dispute_is_within_bill"();

-- Lines are those of the dispute, and end with it.
CREATE FUNCTION "dispute_line_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "dispute_line" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    "kept"."is_open" := NEW."is_open";
    IF NEW IS NOT DISTINCT FROM "kept" AND NEW."is_open" = EXISTS (SELECT FROM "dispute" d
        WHERE d."tenant_id" = NEW."tenant_id" AND d."id" = NEW."dispute_id" AND d."closed_at" IS NULL) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a line of a dispute does not change'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'dispute_line_kept', TABLE = 'dispute_line';
END $$;
CREATE TRIGGER "dispute_line_kept" BEFORE UPDATE OR DELETE ON "dispute_line"
  FOR EACH ROW EXECUTE FUNCTION "dispute_line_is_kept"();
CREATE FUNCTION "dispute_ends_its_lines"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "dispute_line" SET "is_open" = FALSE
  WHERE "tenant_id" = NEW."tenant_id" AND "dispute_id" = NEW."id" AND "is_open";
  RETURN NULL;
END $$;
CREATE TRIGGER "dispute_ends_lines" AFTER UPDATE ON "dispute"
  FOR EACH ROW WHEN (NEW."closed_at" IS NOT NULL) EXECUTE FUNCTION "dispute_ends_its_lines"();

-- A bill that disputes hold stays on hold until they end, or nothing of it remains.
CREATE FUNCTION "disputed_bill_is_held"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "dispute_hold" h WHERE h."tenant_id" = NEW."tenant_id" AND h."bill_id" = NEW."id") THEN
    RAISE EXCEPTION 'a bill in dispute is on hold'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'disputed_bill_held', TABLE = 'customer_bill';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "disputed_bill_held" BEFORE UPDATE OF "state" ON "customer_bill" FOR EACH ROW
  WHEN (OLD."state" = 'onHold' AND NEW."state" NOT IN ('onHold', 'settled')) EXECUTE FUNCTION "disputed_bill_is_held"();
