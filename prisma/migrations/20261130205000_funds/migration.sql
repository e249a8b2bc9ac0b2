-- AlterTable
ALTER TABLE "payment" ADD COLUMN     "given" DECIMAL(28,10) NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "transfer" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "giver_id" TEXT COLLATE "C" NOT NULL,
    "description" TEXT NOT NULL,
    "customer_balance" DECIMAL(28,10) NOT NULL,
    "customer_credit_limit" DECIMAL(28,10) NOT NULL,

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "transfer_tenant_id_giver_id_id_idx" ON "transfer"("tenant_id", "giver_id", "id");

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_tenant_id_id_fkey" FOREIGN KEY ("tenant_id", "id") REFERENCES "payment"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_tenant_id_giver_id_fkey" FOREIGN KEY ("tenant_id", "giver_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- What a payment gave to other accounts is a part of it; a reversed one gave nothing, nor is a transfer reversed.
ALTER TABLE "payment" ADD CONSTRAINT "payment_given" CHECK ("given" BETWEEN 0 AND "amount"
  AND ("reversed_at" IS NULL OR "given" = 0 AND "method" <> 'transfer'));

CREATE FUNCTION "transfer_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a transfer does not change; move the money back' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'transfer_immutable', TABLE = 'transfer';
END $$;
CREATE TRIGGER "transfer_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "transfer"
  FOR EACH STATEMENT EXECUTE FUNCTION "transfer_is_immutable"();

-- A journal of two accounts sums to zero for each of them.
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
  RETURN NULL;
END $$;
