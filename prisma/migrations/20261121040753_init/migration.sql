-- CreateTable
CREATE TABLE "tenant" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customer_bill" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "bill_no" TEXT COLLATE "C",
    "bill_date" TIMESTAMPTZ(3),
    "category" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "next_bill_date" TIMESTAMPTZ(3),
    "payment_due_date" TIMESTAMPTZ(3),
    "run_type" TEXT COLLATE "C",
    "amount_due_value" DECIMAL(28,10),
    "amount_due_unit" TEXT COLLATE "C",
    "remaining_amount_value" DECIMAL(28,10),
    "remaining_amount_unit" TEXT COLLATE "C",
    "tax_excluded_amount_value" DECIMAL(28,10),
    "tax_excluded_amount_unit" TEXT COLLATE "C",
    "tax_included_amount_value" DECIMAL(28,10),
    "tax_included_amount_unit" TEXT COLLATE "C",
    "applied_payment" JSONB,
    "bill_cycle_id" TEXT COLLATE "C",
    "bill_cycle" JSONB,
    "bill_document" JSONB NOT NULL,
    "billing_account_id" TEXT COLLATE "C",
    "billing_account" JSONB,
    "billing_period" JSONB,
    "financial_account_id" TEXT COLLATE "C",
    "financial_account" JSONB,
    "payment_method_id" TEXT COLLATE "C",
    "payment_method" JSONB,
    "related_party" JSONB,
    "state" TEXT COLLATE "C" NOT NULL,
    "tax_item" JSONB,
    "issued_as" TEXT COLLATE "C",

    CONSTRAINT "customer_bill_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "customer_bill_on_demand" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "name" TEXT COLLATE "C",
    "description" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "billing_account_id" TEXT COLLATE "C",
    "billing_account" JSONB,
    "customer_bill_id" TEXT COLLATE "C",
    "customer_bill" JSONB,
    "related_party_id" TEXT COLLATE "C",
    "related_party" JSONB,
    "state" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "customer_bill_on_demand_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "applied_customer_billing_rate" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "date" TIMESTAMPTZ(3),
    "name" TEXT COLLATE "C",
    "description" TEXT COLLATE "C",
    "is_billed" BOOLEAN NOT NULL,
    "rate_type" TEXT COLLATE "C",
    "applied_tax" JSONB,
    "bill_id" TEXT COLLATE "C",
    "bill" JSONB,
    "billing_account_id" TEXT COLLATE "C",
    "billing_account" JSONB,
    "characteristic" JSONB,
    "period_coverage" JSONB,
    "product_id" TEXT COLLATE "C",
    "product" JSONB,
    "tax_excluded_amount_value" DECIMAL(28,10),
    "tax_excluded_amount_unit" TEXT COLLATE "C",
    "tax_included_amount_value" DECIMAL(28,10),
    "tax_included_amount_unit" TEXT COLLATE "C",

    CONSTRAINT "applied_customer_billing_rate_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "bill_cycle" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "name" TEXT COLLATE "C",
    "description" TEXT COLLATE "C",
    "billing_period" TEXT COLLATE "C",
    "billing_date" TIMESTAMPTZ(3),
    "charge_date" TIMESTAMPTZ(3),
    "credit_date" TIMESTAMPTZ(3),
    "mailing_date" TIMESTAMPTZ(3),
    "payment_due_date" TIMESTAMPTZ(3),
    "bill_cycle_specification_id" TEXT COLLATE "C",
    "bill_cycle_specification" JSONB,
    "valid_for" JSONB,

    CONSTRAINT "bill_cycle_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "bill_cycle_specification" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "name" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C",
    "billing_period" TEXT COLLATE "C",
    "frequency" TEXT COLLATE "C",
    "billing_date_shift" INTEGER,
    "charge_date_offset" INTEGER,
    "credit_date_offset" INTEGER,
    "mailing_date_offset" INTEGER,
    "payment_due_date_offset" INTEGER,
    "valid_for" JSONB,

    CONSTRAINT "bill_cycle_specification_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "request_hash" TEXT COLLATE "C" NOT NULL,
    "status" INTEGER NOT NULL,
    "location" TEXT COLLATE "C" NOT NULL,
    "etag" TEXT COLLATE "C" NOT NULL,
    "body" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("tenant_id","key")
);

-- CreateTable
CREATE TABLE "event" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "event_type" TEXT COLLATE "C" NOT NULL,
    "event_time" TIMESTAMPTZ(3) NOT NULL,
    "resource_path" TEXT COLLATE "C" NOT NULL,
    "resource_id" TEXT COLLATE "C" NOT NULL,
    "document" JSONB NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_billing_account_id_bill_date_id_idx" ON "customer_bill"("tenant_id", "billing_account_id", "bill_date" DESC NULLS LAST, "id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_bill_date_id_idx" ON "customer_bill"("tenant_id", "bill_date" DESC NULLS LAST, "id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_financial_account_id_id_idx" ON "customer_bill"("tenant_id", "financial_account_id", "id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_bill_cycle_id_id_idx" ON "customer_bill"("tenant_id", "bill_cycle_id", "id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_bill_no_id_idx" ON "customer_bill"("tenant_id", "bill_no", "id");

-- CreateIndex
CREATE INDEX "customer_bill_tenant_id_state_id_idx" ON "customer_bill"("tenant_id", "state", "id");

-- CreateIndex
CREATE INDEX "customer_bill_related_party_idx" ON "customer_bill" USING GIN ("related_party" jsonb_path_ops) WITH (fastupdate = off);

-- CreateIndex
CREATE INDEX "customer_bill_on_demand_tenant_id_billing_account_id_id_idx" ON "customer_bill_on_demand"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE INDEX "customer_bill_on_demand_tenant_id_customer_bill_id_id_idx" ON "customer_bill_on_demand"("tenant_id", "customer_bill_id", "id");

-- CreateIndex
CREATE INDEX "customer_bill_on_demand_tenant_id_related_party_id_id_idx" ON "customer_bill_on_demand"("tenant_id", "related_party_id", "id");

-- CreateIndex
CREATE INDEX "applied_customer_billing_rate_tenant_id_bill_id_id_idx" ON "applied_customer_billing_rate"("tenant_id", "bill_id", "id");

-- CreateIndex
CREATE INDEX "applied_customer_billing_rate_tenant_id_billing_account_id__idx" ON "applied_customer_billing_rate"("tenant_id", "billing_account_id", "id");

-- CreateIndex
CREATE INDEX "applied_customer_billing_rate_tenant_id_is_billed_id_idx" ON "applied_customer_billing_rate"("tenant_id", "is_billed", "id");

-- CreateIndex
CREATE INDEX "applied_customer_billing_rate_tenant_id_date_id_idx" ON "applied_customer_billing_rate"("tenant_id", "date" DESC NULLS LAST, "id");

-- CreateIndex
CREATE INDEX "applied_customer_billing_rate_tenant_id_product_id_id_idx" ON "applied_customer_billing_rate"("tenant_id", "product_id", "id");

-- CreateIndex
CREATE INDEX "bill_cycle_tenant_id_bill_cycle_specification_id_id_idx" ON "bill_cycle"("tenant_id", "bill_cycle_specification_id", "id");

-- CreateIndex
CREATE INDEX "bill_cycle_tenant_id_billing_date_id_idx" ON "bill_cycle"("tenant_id", "billing_date" DESC NULLS LAST, "id");

-- CreateIndex
CREATE INDEX "idempotency_key_tenant_id_created_at_idx" ON "idempotency_key"("tenant_id", "created_at");

-- CreateIndex
CREATE INDEX "event_tenant_id_resource_id_id_idx" ON "event"("tenant_id", "resource_id", "id");

-- AddForeignKey
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_tenant_id_bill_cycle_id_fkey" FOREIGN KEY ("tenant_id", "bill_cycle_id") REFERENCES "bill_cycle"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_bill_on_demand" ADD CONSTRAINT "customer_bill_on_demand_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_bill_on_demand" ADD CONSTRAINT "customer_bill_on_demand_tenant_id_customer_bill_id_fkey" FOREIGN KEY ("tenant_id", "customer_bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "applied_customer_billing_rate" ADD CONSTRAINT "applied_customer_billing_rate_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "applied_customer_billing_rate" ADD CONSTRAINT "applied_customer_billing_rate_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_cycle" ADD CONSTRAINT "bill_cycle_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_cycle" ADD CONSTRAINT "bill_cycle_tenant_id_bill_cycle_specification_id_fkey" FOREIGN KEY ("tenant_id", "bill_cycle_specification_id") REFERENCES "bill_cycle_specification"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_cycle_specification" ADD CONSTRAINT "bill_cycle_specification_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
