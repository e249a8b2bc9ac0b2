-- By hand: rates come in without a bill. Only those that are on one are found by it, so only they are in its index.
DROP INDEX "applied_customer_billing_rate_tenant_id_bill_id_id_idx";
CREATE INDEX "applied_customer_billing_rate_tenant_id_bill_id_id_idx" ON "applied_customer_billing_rate"("tenant_id", "bill_id", "id")
  WHERE "bill_id" IS NOT NULL;
