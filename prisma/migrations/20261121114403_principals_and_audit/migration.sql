-- AlterTable
ALTER TABLE "applied_customer_billing_rate" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "bill_cycle" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "bill_cycle_specification" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "customer_bill_on_demand" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "event" ADD COLUMN     "partner_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "is_operator" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "partner" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "account_number" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C",

    CONSTRAINT "partner_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "oauth_user" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "username" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C",
    "password_hash" TEXT COLLATE "C" NOT NULL,
    "scope" JSONB NOT NULL,
    "is_enabled" BOOLEAN NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "partner" JSONB,

    CONSTRAINT "oauth_user_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "oauth_client" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "client_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C",
    "secret_hash" TEXT COLLATE "C",
    "is_public" BOOLEAN NOT NULL DEFAULT false,
    "grant_types" JSONB NOT NULL,
    "scope" JSONB NOT NULL,
    "password_encoding" TEXT COLLATE "C" NOT NULL,
    "redirect_uris" JSONB,
    "refreshes_client_credentials" BOOLEAN NOT NULL,
    "is_enabled" BOOLEAN NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "partner" JSONB,

    CONSTRAINT "oauth_client_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "key_hash" TEXT COLLATE "C" NOT NULL,
    "scope" JSONB NOT NULL,
    "allowed_addresses" JSONB,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "is_enabled" BOOLEAN NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "partner" JSONB,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "signing_key" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "algorithm" TEXT COLLATE "C" NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "private_jwk" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "signing_key_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "oauth_grant" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "client_id" TEXT COLLATE "C",
    "user_id" TEXT COLLATE "C",
    "subject" TEXT COLLATE "C" NOT NULL,
    "scope" JSONB NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_grant_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "oauth_refresh_token" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "hash" TEXT COLLATE "C" NOT NULL,
    "grant_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_refresh_token_pkey" PRIMARY KEY ("tenant_id","hash")
);

-- CreateTable
CREATE TABLE "oauth_authorization_code" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "hash" TEXT COLLATE "C" NOT NULL,
    "grant_id" TEXT COLLATE "C" NOT NULL,
    "client_id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C",
    "subject" TEXT COLLATE "C" NOT NULL,
    "scope" JSONB NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "redirect_uri" TEXT COLLATE "C" NOT NULL,
    "code_challenge" TEXT COLLATE "C" NOT NULL,
    "code_challenge_method" TEXT COLLATE "C" NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_authorization_code_pkey" PRIMARY KEY ("tenant_id","hash")
);

-- CreateTable
CREATE TABLE "sign_in_attempt" (
    "key" TEXT COLLATE "C" NOT NULL,
    "failures" INTEGER NOT NULL,
    "last_failure_at" TIMESTAMPTZ(3) NOT NULL,
    "blocked_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_attempt_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "audit" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "actor_type" TEXT COLLATE "C" NOT NULL,
    "actor_id" TEXT COLLATE "C" NOT NULL,
    "actor_name" TEXT COLLATE "C" NOT NULL,
    "on_behalf_of" TEXT COLLATE "C",
    "address" TEXT COLLATE "C",
    "request_id" TEXT COLLATE "C",
    "action" TEXT COLLATE "C" NOT NULL,
    "resource_type" TEXT COLLATE "C" NOT NULL,
    "resource_id" TEXT COLLATE "C" NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "position" BIGINT,
    "hash" TEXT COLLATE "C",

    CONSTRAINT "audit_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "partner_tenant_id_account_number_key" ON "partner"("tenant_id", "account_number");

-- CreateIndex
CREATE INDEX "oauth_user_tenant_id_partner_id_id_idx" ON "oauth_user"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_user_tenant_id_username_key" ON "oauth_user"("tenant_id", "username");

-- CreateIndex
CREATE INDEX "oauth_client_tenant_id_partner_id_id_idx" ON "oauth_client"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_client_client_id_key" ON "oauth_client"("client_id");

-- CreateIndex
CREATE INDEX "api_key_tenant_id_partner_id_id_idx" ON "api_key"("tenant_id", "partner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_key_hash_key" ON "api_key"("key_hash");

-- CreateIndex
CREATE UNIQUE INDEX "signing_key_id_key" ON "signing_key"("id");

-- CreateIndex
CREATE INDEX "oauth_grant_tenant_id_client_id_idx" ON "oauth_grant"("tenant_id", "client_id");

-- CreateIndex
CREATE INDEX "oauth_grant_tenant_id_user_id_idx" ON "oauth_grant"("tenant_id", "user_id");

-- CreateIndex
CREATE INDEX "oauth_grant_expires_at_idx" ON "oauth_grant"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_refresh_token_tenant_id_grant_id_idx" ON "oauth_refresh_token"("tenant_id", "grant_id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_refresh_token_hash_key" ON "oauth_refresh_token"("hash");

-- CreateIndex
CREATE INDEX "oauth_authorization_code_expires_at_idx" ON "oauth_authorization_code"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_authorization_code_hash_key" ON "oauth_authorization_code"("hash");

-- CreateIndex
CREATE INDEX "sign_in_attempt_last_failure_at_idx" ON "sign_in_attempt"("last_failure_at");

-- CreateIndex
CREATE INDEX "audit_tenant_id_resource_id_id_idx" ON "audit"("tenant_id", "resource_id", "id");

-- CreateIndex
CREATE INDEX "audit_tenant_id_actor_id_id_idx" ON "audit"("tenant_id", "actor_id", "id");

-- CreateIndex
CREATE INDEX "audit_tenant_id_recorded_at_id_idx" ON "audit"("tenant_id", "recorded_at" DESC NULLS LAST, "id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_tenant_id_position_key" ON "audit"("tenant_id", "position");

-- AddForeignKey
ALTER TABLE "customer_bill" ADD CONSTRAINT "customer_bill_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_bill_on_demand" ADD CONSTRAINT "customer_bill_on_demand_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "applied_customer_billing_rate" ADD CONSTRAINT "applied_customer_billing_rate_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_cycle" ADD CONSTRAINT "bill_cycle_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "bill_cycle_specification" ADD CONSTRAINT "bill_cycle_specification_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "partner" ADD CONSTRAINT "partner_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_user" ADD CONSTRAINT "oauth_user_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_user" ADD CONSTRAINT "oauth_user_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_client" ADD CONSTRAINT "oauth_client_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_client" ADD CONSTRAINT "oauth_client_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "signing_key" ADD CONSTRAINT "signing_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_grant" ADD CONSTRAINT "oauth_grant_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_refresh_token" ADD CONSTRAINT "oauth_refresh_token_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_refresh_token" ADD CONSTRAINT "oauth_refresh_token_tenant_id_grant_id_fkey" FOREIGN KEY ("tenant_id", "grant_id") REFERENCES "oauth_grant"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "oauth_authorization_code" ADD CONSTRAINT "oauth_authorization_code_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "audit" ADD CONSTRAINT "audit_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- Most rows belong to the provider and need no place in the index of partners' rows.
CREATE INDEX "customer_bill_partner_idx" ON "customer_bill"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "customer_bill_on_demand_partner_idx" ON "customer_bill_on_demand"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "applied_customer_billing_rate_partner_idx" ON "applied_customer_billing_rate"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "bill_cycle_partner_idx" ON "bill_cycle"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "bill_cycle_specification_partner_idx" ON "bill_cycle_specification"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;
CREATE INDEX "event_partner_idx" ON "event"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;

-- What the sealing of the audit looks for.
CREATE INDEX "audit_unsealed_idx" ON "audit"("tenant_id", "id") WHERE "position" IS NULL;

-- Rows of the audit are only added; a row may be given its seal, once, and nothing else ever changes.
CREATE FUNCTION "audit_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."position" IS NULL AND NEW."position" IS NOT NULL AND NEW."hash" IS NOT NULL
    AND to_jsonb(OLD) - 'position' - 'hash' = to_jsonb(NEW) - 'position' - 'hash' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE ON "audit"
  FOR EACH ROW EXECUTE FUNCTION "audit_is_append_only"();
CREATE TRIGGER "audit_no_truncate" BEFORE TRUNCATE ON "audit"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_is_append_only"();

-- The audit as the API reads it, with the columns that every resource has.
CREATE VIEW "audit_entry" AS SELECT "tenant_id", "id", 1 AS "version", NULL::jsonb AS "extension",
  NULL::text COLLATE "C" AS "at_type", NULL::text COLLATE "C" AS "at_base_type",
  NULL::text COLLATE "C" AS "at_schema_location", "recorded_at", "actor_type", "actor_id", "actor_name",
  "on_behalf_of", "address", "request_id", "action", "resource_type", "resource_id", "before", "after", "position",
  "hash" FROM "audit";
