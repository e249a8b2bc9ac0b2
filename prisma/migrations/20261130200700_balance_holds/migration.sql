-- AlterTable
ALTER TABLE "partner" ADD COLUMN "billing_account_id" TEXT COLLATE "C";

-- CreateTable
CREATE TABLE "balance_hold" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "captured" DECIMAL(28,10),
    "rate_id" TEXT COLLATE "C",

    CONSTRAINT "balance_hold_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "balance_hold_expires_at_idx" ON "balance_hold"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "partner_tenant_id_billing_account_id_key" ON "partner"("tenant_id", "billing_account_id");

-- AddForeignKey
ALTER TABLE "partner" ADD CONSTRAINT "partner_tenant_id_billing_account_id_fkey" FOREIGN KEY ("tenant_id", "billing_account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "balance_hold" ADD CONSTRAINT "balance_hold_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "balance_hold" ADD CONSTRAINT "balance_hold_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- What an authorization sums up: of all holds of an account few are active.
CREATE INDEX "balance_hold_active_idx" ON "balance_hold"("tenant_id", "account_id", "currency", "expires_at") INCLUDE ("amount")
  WHERE "state" = 'active';

ALTER TABLE "balance_hold" ADD CONSTRAINT "balance_hold_amount" CHECK ("amount" > 0);
ALTER TABLE "balance_hold" ADD CONSTRAINT "balance_hold_state" CHECK ("state" IN ('active', 'captured', 'released')
  AND ("state" = 'captured') = ("captured" IS NOT NULL) AND ("state" = 'captured') = ("rate_id" IS NOT NULL));

-- A hold ends once, and says for ever what it held.
CREATE FUNCTION "balance_hold_ends_once"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "ended" "balance_hold" := OLD;
BEGIN
  "ended"."state" := NEW."state";
  "ended"."captured" := NEW."captured";
  "ended"."rate_id" := NEW."rate_id";
  IF OLD."state" = 'active' AND NEW IS NOT DISTINCT FROM "ended" THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a hold that has ended does not change' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'balance_hold_ends_once', TABLE = 'balance_hold';
END $$;
CREATE TRIGGER "balance_hold_ends_once" BEFORE UPDATE ON "balance_hold"
  FOR EACH ROW EXECUTE FUNCTION "balance_hold_ends_once"();
