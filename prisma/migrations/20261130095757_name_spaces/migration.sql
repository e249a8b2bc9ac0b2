-- DropIndex
DROP INDEX "applied_customer_billing_rate_tenant_id_external_id_key";

-- DropIndex
DROP INDEX "oauth_client_client_id_key";

-- DropIndex
DROP INDEX "payment_tenant_id_reference_key";

-- AlterTable
ALTER TABLE "account_alias" DROP CONSTRAINT "account_alias_pkey",
ADD COLUMN     "name_space" TEXT COLLATE "C" NOT NULL DEFAULT '',
ADD CONSTRAINT "account_alias_pkey" PRIMARY KEY ("tenant_id", "name_space", "alias");

-- AlterTable
ALTER TABLE "payment" ADD COLUMN     "name_space" TEXT COLLATE "C";

-- CreateIndex
CREATE INDEX "oauth_client_client_id_idx" ON "oauth_client"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_client_tenant_id_client_id_key" ON "oauth_client"("tenant_id", "client_id");

-- CreateIndex
CREATE INDEX "oauth_client_id_idx" ON "oauth_client"("id");

-- CreateIndex
CREATE INDEX "payment_tenant_id_reference_idx" ON "payment"("tenant_id", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "payment_tenant_id_name_space_reference_key" ON "payment"("tenant_id", "name_space", "reference");

-- By hand from here: what the schema cannot declare.

-- What a sender calls a rate is the sender's own: each partner's, and the provider's.
CREATE UNIQUE INDEX "applied_customer_billing_rate_own_external_id" ON "applied_customer_billing_rate"("tenant_id", "external_id", coalesce("partner_id", ''))
  WHERE "external_id" IS NOT NULL;

-- A partner's own name of its account: the id without the partner's own in front, which ids have that the partner gave.
CREATE FUNCTION "own_name"("partner_id" text, "id" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN starts_with("id", "partner_id" || ':') THEN substr("id", length("partner_id") + 2) ELSE "id" END
$$;

-- All ids are names to the provider, and the aliases of its own accounts. A partner's accounts have their names once
-- more, with the partner's aliases, in a name space of the partner: nobody meets or blocks a name in another's.
CREATE OR REPLACE FUNCTION "account_names_insert"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "account_alias" ("tenant_id", "name_space", "alias", "account_id", "position")
    SELECT "tenant_id", '', "id", "id", 0 FROM "accounts"
    UNION ALL
    SELECT "tenant_id", "partner_id", "own_name"("partner_id", "id"), "id", 0 FROM "accounts"
      WHERE "partner_id" IS NOT NULL
    UNION ALL
    SELECT a."tenant_id", coalesce(a."partner_id", ''), n."name" ->> 'alias', a."id", n."position"
      FROM "accounts" a CROSS JOIN jsonb_array_elements(a."aliases") WITH ORDINALITY AS n("name", "position");
  RETURN NULL;
END $$;

-- An alias of a partner's account that was the provider's name, too, stays that until it is taken from the account.
CREATE OR REPLACE FUNCTION "account_names_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "account_alias" o WHERE o."tenant_id" = NEW."tenant_id" AND o."account_id" = NEW."id" AND o."position" > 0
    AND (o."name_space" = coalesce(NEW."partner_id", '') OR NOT EXISTS (
      SELECT FROM jsonb_array_elements(NEW."aliases") n("name") WHERE n."name" ->> 'alias' = o."alias"));
  INSERT INTO "account_alias" ("tenant_id", "name_space", "alias", "account_id", "position")
    SELECT NEW."tenant_id", coalesce(NEW."partner_id", ''), n."name" ->> 'alias', NEW."id", n."position"
      FROM jsonb_array_elements(NEW."aliases") WITH ORDINALITY AS n("name", "position");
  RETURN NULL;
END $$;

-- What there is keeps its names with the provider, and partners find their accounts by them, too. All of them were
-- unique in the tenant, so that they are in each name space.
INSERT INTO "account_alias" ("tenant_id", "name_space", "alias", "account_id", "position")
  SELECT n."tenant_id", a."partner_id", n."alias", n."account_id", n."position" FROM "account_alias" n
  JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
  WHERE a."partner_id" IS NOT NULL;
