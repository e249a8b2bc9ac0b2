-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "correction_approval_limits" JSONB;

-- CreateTable
CREATE TABLE "correction_approval" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "kind" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "billing_account_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C",
    "currency" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,
    "reference" TEXT COLLATE "C",
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "body" JSONB NOT NULL,
    "requested_by_type" TEXT COLLATE "C" NOT NULL,
    "requested_by_id" TEXT COLLATE "C" NOT NULL,
    "requested_by_name" TEXT COLLATE "C" NOT NULL,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by_type" TEXT COLLATE "C",
    "decided_by_id" TEXT COLLATE "C",
    "decided_by_name" TEXT COLLATE "C",
    "comment" TEXT COLLATE "C",
    "correction_id" TEXT COLLATE "C",

    CONSTRAINT "correction_approval_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "correction_approval_tenant_id_state_id_idx" ON "correction_approval"("tenant_id", "state", "id");

-- CreateIndex
CREATE INDEX "correction_approval_tenant_id_billing_account_id_id_idx" ON "correction_approval"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "correction_approval_tenant_id_correction_id_key" ON "correction_approval"("tenant_id", "correction_id");

-- AddForeignKey
ALTER TABLE "correction_approval" ADD CONSTRAINT "correction_approval_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction_approval" ADD CONSTRAINT "correction_approval_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "correction_approval" ADD CONSTRAINT "correction_approval_tenant_id_correction_id_fkey" FOREIGN KEY ("tenant_id", "correction_id") REFERENCES "correction"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here. A reference means one correction, also while it waits.
CREATE UNIQUE INDEX "correction_approval_once" ON "correction_approval"("tenant_id", "kind", "reference")
  WHERE "reference" IS NOT NULL;

-- Of what waits nothing is done: its correction is there with the approval.
ALTER TABLE "correction_approval" ADD CONSTRAINT "correction_approval_state" CHECK (CASE "state"
  WHEN 'pendingApproval' THEN num_nonnulls("decided_at", "decided_by_type", "decided_by_id", "decided_by_name",
    "comment", "correction_id") = 0
  WHEN 'approved' THEN num_nonnulls("decided_at", "decided_by_type", "decided_by_id", "decided_by_name",
    "correction_id") = 5
  WHEN 'rejected' THEN num_nonnulls("decided_at", "decided_by_type", "decided_by_id", "decided_by_name") = 4
    AND "correction_id" IS NULL
  ELSE FALSE END);
-- Another one approves, and a person.
ALTER TABLE "correction_approval" ADD CONSTRAINT "correction_approval_four_eyes" CHECK ("state" <> 'approved'
  OR "decided_by_type" IN ('user', 'sso') AND ("decided_by_type", "decided_by_id") <> ("requested_by_type",
    "requested_by_id"));

CREATE FUNCTION "correction_approval_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "kept" "correction_approval" := OLD;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."state" = 'pendingApproval' THEN
    "kept"."version" := NEW."version";
    "kept"."state" := NEW."state";
    "kept"."decided_at" := NEW."decided_at";
    "kept"."decided_by_type" := NEW."decided_by_type";
    "kept"."decided_by_id" := NEW."decided_by_id";
    "kept"."decided_by_name" := NEW."decided_by_name";
    "kept"."comment" := NEW."comment";
    "kept"."correction_id" := NEW."correction_id";
    IF NEW IS NOT DISTINCT FROM "kept" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'an approval of a correction is decided once, and does not change otherwise'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'correction_approval_kept',
      TABLE = 'correction_approval';
END $$;
CREATE TRIGGER "correction_approval_kept" BEFORE UPDATE OR DELETE ON "correction_approval"
  FOR EACH ROW EXECUTE FUNCTION "correction_approval_is_kept"();
CREATE FUNCTION "correction_approval_is_not_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "correction_approval") THEN
    RAISE EXCEPTION 'approvals of corrections are kept'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'correction_approval_kept',
        TABLE = 'correction_approval';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "correction_approval_no_truncate" BEFORE TRUNCATE ON "correction_approval"
  FOR EACH STATEMENT EXECUTE FUNCTION "correction_approval_is_not_truncated"();

-- The amount above which a correction is to be approved; NULL for no limit. With limits, a currency that has none is
-- always above.
CREATE FUNCTION "approval_limit"("limits" jsonb, "currency" text) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN "limits" IS NOT NULL AND "limits" <> '{}' THEN coalesce(("limits"->>"currency")::numeric, 0) END
$$;

-- At the end of its transaction, a correction above the limit has its approval. A cancelled bill may be credited.
CREATE FUNCTION "correction_is_approved"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF abs(NEW."amount") > (SELECT "approval_limit"(t."correction_approval_limits", NEW."currency") FROM "tenant" t
      WHERE t."id" = NEW."tenant_id")
    AND NOT EXISTS (SELECT FROM "correction_approval" a WHERE a."tenant_id" = NEW."tenant_id"
      AND a."state" = 'approved' AND a."billing_account_id" = NEW."billing_account_id"
      AND a."currency" = NEW."currency" AND a."amount" = NEW."amount"
      AND (a."correction_id" = NEW."id" AND a."kind" = NEW."kind"
        OR a."kind" = 'cancelAndRebill' AND a."bill_id" = NEW."bill_id")) THEN
    RAISE EXCEPTION 'a correction above the limit is approved by another user'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_approved', TABLE = 'correction';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "correction_approved" AFTER INSERT ON "correction" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "correction_is_approved"();

-- A journal of a correction has it: of what waits, or was rejected, there is none.
CREATE FUNCTION "ledger_has_correction"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "correction" c WHERE c."tenant_id" = NEW."tenant_id" AND c."id" = NEW."source_id"
      AND c."kind" = NEW."source_type") THEN
    RAISE EXCEPTION 'a journal of a correction needs the correction'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_of_correction', TABLE = 'ledger_entry';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "ledger_of_correction" AFTER INSERT ON "ledger_entry" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."source_type" IN ('writeOff', 'refund', 'adjustment'))
  EXECUTE FUNCTION "ledger_has_correction"();
