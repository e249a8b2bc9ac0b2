-- AlterTable
ALTER TABLE "bill_run_parked" ADD COLUMN     "retry" INTEGER;

-- By hand from here: a partial index.

CREATE INDEX "bill_run_parked_retry" ON "bill_run_parked"("tenant_id", "bill_run_id", "retry")
  WHERE "retry" IS NOT NULL;
