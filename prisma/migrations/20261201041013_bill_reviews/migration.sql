-- AlterTable
ALTER TABLE "bill_run" ADD COLUMN     "review_rules" JSONB;

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "release_requires" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "review_rules" JSONB;

-- CreateTable
CREATE TABLE "bill_review" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "bill_run_id" TEXT COLLATE "C" NOT NULL,
    "reasons" JSONB NOT NULL,
    "score" DECIMAL(12,3) NOT NULL,

    CONSTRAINT "bill_review_pkey" PRIMARY KEY ("tenant_id","bill_id")
);

-- CreateIndex
CREATE INDEX "bill_review_tenant_id_bill_run_id_score_bill_id_idx" ON "bill_review"("tenant_id", "bill_run_id", "score" DESC, "bill_id");

-- AddForeignKey
ALTER TABLE "bill_review" ADD CONSTRAINT "bill_review_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_review" ADD CONSTRAINT "bill_review_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_review" ADD CONSTRAINT "bill_review_tenant_id_bill_run_id_fkey" FOREIGN KEY ("tenant_id", "bill_run_id") REFERENCES "bill_run"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

ALTER TABLE "tenant" ADD CONSTRAINT "tenant_release_requires"
  CHECK (jsonb_typeof("release_requires") = 'array' AND "release_requires" <@ '["emptyReview", "secondUser"]');
ALTER TABLE "bill_review" ADD CONSTRAINT "bill_review_reasons"
  CHECK (jsonb_typeof("reasons") = 'array' AND "reasons" <> '[]');
ALTER TABLE "bill_review" ADD CONSTRAINT "bill_review_score" CHECK ("score" >= 0);

-- Why a bill was held does not change: it goes with its bill.
CREATE FUNCTION "bill_review_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "bill_review") THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'the review of a bill does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "bill_review_immutable" BEFORE UPDATE OR TRUNCATE ON "bill_review"
  FOR EACH STATEMENT EXECUTE FUNCTION "bill_review_is_immutable"();

CREATE FUNCTION "bill_review_goes_with_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = OLD."tenant_id" AND b."id" = OLD."bill_id") THEN
    RAISE EXCEPTION 'the review of a bill goes with it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "bill_review_stays" AFTER DELETE ON "bill_review" FOR EACH ROW
  EXECUTE FUNCTION "bill_review_goes_with_bill"();
