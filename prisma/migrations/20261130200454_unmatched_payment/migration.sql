-- CreateTable
CREATE TABLE "unmatched_payment" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "method" TEXT COLLATE "C" NOT NULL,
    "value_date" TEXT COLLATE "C" NOT NULL,
    "reference" TEXT COLLATE "C" NOT NULL,
    "reference_key" TEXT COLLATE "C" NOT NULL,
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,
    "reason_code" TEXT COLLATE "C" NOT NULL,
    "account_number" TEXT COLLATE "C",
    "bill_no" TEXT COLLATE "C",
    "creditor_reference" TEXT COLLATE "C",
    "remittance" TEXT COLLATE "C",
    "debtor_name" TEXT COLLATE "C",
    "debtor_account" TEXT COLLATE "C",
    "bank_account" TEXT COLLATE "C",
    "payment_id" TEXT COLLATE "C",
    "dismissal_reason" TEXT COLLATE "C",

    CONSTRAINT "unmatched_payment_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "unmatched_payment_tenant_id_state_id_idx" ON "unmatched_payment"("tenant_id", "state", "id");

-- AddForeignKey
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_tenant_id_payment_id_fkey" FOREIGN KEY ("tenant_id", "payment_id") REFERENCES "payment"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand. A reference is known once to its owner, in whatever form it looks the same; the trigger of payments says what it
-- is compared by.
CREATE UNIQUE INDEX "unmatched_payment_own_reference" ON "unmatched_payment"("tenant_id", coalesce("partner_id", ''), "reference_key");
CREATE INDEX "unmatched_payment_partner" ON "unmatched_payment"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE TRIGGER "unmatched_payment_reference_key" BEFORE INSERT OR UPDATE OF "reference", "reference_key" ON "unmatched_payment"
  FOR EACH ROW EXECUTE FUNCTION "payment_reference_key"();

ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_state" CHECK ("state" IN ('open', 'assigned', 'dismissed'));
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_type" CHECK ("type" IN ('payment', 'return'));
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_amount" CHECK ("amount" > 0);
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_value_date" CHECK ("value_date" ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_assigned" CHECK (("state" = 'assigned') = ("payment_id" IS NOT NULL)
  AND ("type" = 'payment' OR "state" <> 'assigned'));
ALTER TABLE "unmatched_payment" ADD CONSTRAINT "unmatched_payment_dismissed" CHECK (("state" = 'dismissed') = ("dismissal_reason" IS NOT NULL));

-- A row is kept like a payment: what came in does not change, and what is assigned stays so.
CREATE FUNCTION "unmatched_payment_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "unmatched_payment") THEN RETURN NULL; END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'an unmatched payment is kept' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."state" = 'assigned' OR to_jsonb(OLD) - ARRAY['state', 'version', 'last_update', 'payment_id', 'dismissal_reason']
    IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'version', 'last_update', 'payment_id', 'dismissal_reason'] THEN
    RAISE EXCEPTION 'an unmatched payment does not change but for its state' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "unmatched_payment_kept" BEFORE UPDATE OR DELETE ON "unmatched_payment"
  FOR EACH ROW EXECUTE FUNCTION "unmatched_payment_is_kept"();
CREATE TRIGGER "unmatched_payment_no_truncate" BEFORE TRUNCATE ON "unmatched_payment"
  FOR EACH STATEMENT EXECUTE FUNCTION "unmatched_payment_is_kept"();

-- For guesses: the open bills over an amount, and accounts by name.
CREATE INDEX "customer_bill_open_amount" ON "customer_bill"("tenant_id", "remaining_amount_value", "id")
  WHERE "state" IN ('validated', 'sent', 'partiallyPaid') AND "remaining_amount_value" > 0;
CREATE INDEX "billing_account_name" ON "billing_account"("tenant_id", lower("name"));
