-- CreateTable
CREATE TABLE "customer_sign_in" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "customer_id" TEXT COLLATE "C" NOT NULL,
    "email" TEXT COLLATE "C" NOT NULL,
    "language" TEXT COLLATE "C" NOT NULL,
    "password_hash" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3),

    CONSTRAINT "customer_sign_in_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "customer_code" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "sign_in_id" TEXT COLLATE "C" NOT NULL,
    "purpose" TEXT COLLATE "C" NOT NULL,
    "code_hash" TEXT COLLATE "C" NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_code_pkey" PRIMARY KEY ("tenant_id","sign_in_id","purpose")
);

-- CreateTable
CREATE TABLE "customer_link" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "hash" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "account_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_link_pkey" PRIMARY KEY ("tenant_id","hash")
);

-- CreateTable
CREATE TABLE "customer_session" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "hash" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "sign_in_id" TEXT COLLATE "C",
    "account_id" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_session_pkey" PRIMARY KEY ("tenant_id","hash")
);

-- CreateTable
CREATE TABLE "throttle" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "whole_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "throttle_pkey" PRIMARY KEY ("tenant_id","key")
);

-- CreateTable
CREATE TABLE "captcha" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "provider" TEXT COLLATE "C" NOT NULL,
    "site_key" TEXT COLLATE "C",
    "secret" TEXT COLLATE "C",
    "min_score" DECIMAL(3,2),
    "action" TEXT COLLATE "C",
    "hostname" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "captcha_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "customer_sign_in_tenant_id_customer_id_idx" ON "customer_sign_in"("tenant_id", "customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_sign_in_tenant_id_partner_id_email_key" ON "customer_sign_in"("tenant_id", "partner_id", "email") NULLS NOT DISTINCT;

-- CreateIndex
CREATE INDEX "customer_code_expires_at_idx" ON "customer_code"("expires_at");

-- CreateIndex
CREATE INDEX "customer_link_expires_at_idx" ON "customer_link"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "customer_link_hash_key" ON "customer_link"("hash");

-- CreateIndex
CREATE INDEX "customer_session_tenant_id_sign_in_id_idx" ON "customer_session"("tenant_id", "sign_in_id");

-- CreateIndex
CREATE INDEX "customer_session_expires_at_idx" ON "customer_session"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "customer_session_hash_key" ON "customer_session"("hash");

-- CreateIndex
CREATE INDEX "throttle_whole_at_idx" ON "throttle"("whole_at");

-- CreateIndex
CREATE UNIQUE INDEX "captcha_tenant_id_key" ON "captcha"("tenant_id");

-- AddForeignKey
ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_tenant_id_customer_id_fkey" FOREIGN KEY ("tenant_id", "customer_id") REFERENCES "customer"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_code" ADD CONSTRAINT "customer_code_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_code" ADD CONSTRAINT "customer_code_tenant_id_sign_in_id_fkey" FOREIGN KEY ("tenant_id", "sign_in_id") REFERENCES "customer_sign_in"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_link" ADD CONSTRAINT "customer_link_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_link" ADD CONSTRAINT "customer_link_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_link" ADD CONSTRAINT "customer_link_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_tenant_id_sign_in_id_fkey" FOREIGN KEY ("tenant_id", "sign_in_id") REFERENCES "customer_sign_in"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "billing_account"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "throttle" ADD CONSTRAINT "throttle_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "captcha" ADD CONSTRAINT "captcha_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_language" CHECK ("language" IN ('en', 'de', 'fr'));
-- One address in the one form that is compared; the collation lowers ASCII alone.
ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_email" CHECK (length("email") <= 254
  AND "email" = lower("email") AND "email" ~ '^[^[:space:][:cntrl:]@<>,;"]+@[a-z0-9.-]+$');
ALTER TABLE "customer_sign_in" ADD CONSTRAINT "customer_sign_in_password_hash" CHECK ("password_hash" LIKE '$argon2id$%');
ALTER TABLE "customer_code" ADD CONSTRAINT "customer_code_purpose" CHECK ("purpose" IN ('confirm', 'reset'));
ALTER TABLE "customer_code" ADD CONSTRAINT "customer_code_hash" CHECK ("code_hash" LIKE '$argon2id$%');
ALTER TABLE "customer_code" ADD CONSTRAINT "customer_code_tries" CHECK ("tries" BETWEEN 0 AND 5);
ALTER TABLE "customer_link" ADD CONSTRAINT "customer_link_hash" CHECK ("hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "customer_link" ADD CONSTRAINT "customer_link_period" CHECK ("expires_at" > "created_at");
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_hash" CHECK ("hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_of_one" CHECK (("sign_in_id" IS NULL) <> ("account_id" IS NULL));
ALTER TABLE "customer_session" ADD CONSTRAINT "customer_session_period" CHECK ("expires_at" > "created_at");
ALTER TABLE "captcha" ADD CONSTRAINT "captcha_provider" CHECK (
  "provider" IN ('recaptchaV2', 'recaptchaV3', 'hcaptcha', 'turnstile', 'off')
  AND ("provider" = 'off') = ("secret" IS NULL) AND ("provider" = 'off') = ("site_key" IS NULL));
ALTER TABLE "captcha" ADD CONSTRAINT "captcha_min_score" CHECK ("min_score" IS NULL
  OR "min_score" BETWEEN 0 AND 1 AND "provider" = 'recaptchaV3');

-- A sign-in stays with its customer, who is of the same partner, and a confirmed address stays confirmed.
CREATE FUNCTION "customer_sign_in_keeps"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "changed" "customer_sign_in" := OLD;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF EXISTS (SELECT FROM "customer" c WHERE c."tenant_id" = NEW."tenant_id" AND c."id" = NEW."customer_id"
        AND c."partner_id" IS NOT DISTINCT FROM NEW."partner_id") THEN
      RETURN NEW;
    END IF;
  ELSE
    "changed"."password_hash" := NEW."password_hash";
    "changed"."language" := NEW."language";
    "changed"."confirmed_at" := coalesce(OLD."confirmed_at", NEW."confirmed_at");
    IF NEW IS NOT DISTINCT FROM "changed" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a sign-in stays with a customer of its partner' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'customer_sign_in_keeps', TABLE = 'customer_sign_in';
END $$;
CREATE TRIGGER "customer_sign_in_keeps" BEFORE INSERT OR UPDATE ON "customer_sign_in"
  FOR EACH ROW EXECUTE FUNCTION "customer_sign_in_keeps"();

-- A link of a partner, and a session by it, open an account of that partner.
CREATE FUNCTION "customer_account_of_partner"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."account_id" IS NULL OR NEW."partner_id" IS NULL OR EXISTS (SELECT FROM "billing_account" a
      WHERE a."tenant_id" = NEW."tenant_id" AND a."id" = NEW."account_id" AND a."partner_id" = NEW."partner_id") THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the account is of another partner' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'customer_account_of_partner', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER "customer_link_of_partner" BEFORE INSERT OR UPDATE ON "customer_link"
  FOR EACH ROW EXECUTE FUNCTION "customer_account_of_partner"();
CREATE TRIGGER "customer_session_of_partner" BEFORE INSERT OR UPDATE OF "account_id", "partner_id" ON "customer_session"
  FOR EACH ROW EXECUTE FUNCTION "customer_account_of_partner"();
