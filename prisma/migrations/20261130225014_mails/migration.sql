-- CreateTable
CREATE TABLE "mail" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "kind" TEXT COLLATE "C" NOT NULL,
    "recipient" TEXT COLLATE "C" NOT NULL,
    "language" TEXT COLLATE "C" NOT NULL,
    "content" TEXT COLLATE "C",
    "state" TEXT COLLATE "C" NOT NULL,
    "failure" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "mail_pkey" PRIMARY KEY ("tenant_id","id")
);

-- AddForeignKey
ALTER TABLE "mail" ADD CONSTRAINT "mail_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "mail" ADD CONSTRAINT "mail_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

CREATE INDEX "mail_waiting" ON "mail"("tenant_id", "id") WHERE "state" = 'waiting';
CREATE INDEX "mail_finished" ON "mail"("finished_at") WHERE "finished_at" IS NOT NULL;
CREATE INDEX "mail_partner" ON "mail"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;

ALTER TABLE "mail" ADD CONSTRAINT "mail_kind" CHECK ("kind" IN ('confirmEmail', 'resetPassword', 'passwordChanged'));
ALTER TABLE "mail" ADD CONSTRAINT "mail_language" CHECK ("language" IN ('en', 'de', 'fr'));
-- One address, which cannot become another header or a second recipient.
ALTER TABLE "mail" ADD CONSTRAINT "mail_recipient" CHECK ("recipient" ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$');
-- Codes and links are kept no longer than they are needed.
ALTER TABLE "mail" ADD CONSTRAINT "mail_state" CHECK ("state" IN ('waiting', 'sent', 'failed')
  AND ("state" = 'waiting') = ("content" IS NOT NULL) AND ("state" = 'waiting') = ("finished_at" IS NULL)
  AND ("state" = 'failed') = ("failure" IS NOT NULL));

-- A mail ends once, and says for ever to whom it went.
CREATE FUNCTION "mail_ends_once"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "ended" "mail" := OLD;
BEGIN
  "ended"."content" := NEW."content";
  "ended"."state" := NEW."state";
  "ended"."failure" := NEW."failure";
  "ended"."finished_at" := NEW."finished_at";
  IF OLD."state" = 'waiting' AND NEW IS NOT DISTINCT FROM "ended" THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a mail that has ended does not change' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'mail_ends_once', TABLE = 'mail';
END $$;
CREATE TRIGGER "mail_ends_once" BEFORE UPDATE ON "mail" FOR EACH ROW EXECUTE FUNCTION "mail_ends_once"();
