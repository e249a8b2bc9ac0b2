-- CreateTable
CREATE TABLE "upload" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "kind" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "file_name" TEXT COLLATE "C",
    "layout" JSONB NOT NULL,
    "options" JSONB NOT NULL,
    "author" JSONB NOT NULL,
    "rows" INTEGER NOT NULL DEFAULT 0,
    "parts" INTEGER NOT NULL DEFAULT 0,
    "parts_done" INTEGER NOT NULL DEFAULT 0,
    "created" INTEGER NOT NULL DEFAULT 0,
    "replaced" INTEGER NOT NULL DEFAULT 0,
    "duplicate" INTEGER NOT NULL DEFAULT 0,
    "conflict" INTEGER NOT NULL DEFAULT 0,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "not_stored" INTEGER NOT NULL DEFAULT 0,
    "amounts" JSONB NOT NULL DEFAULT '{}',
    "failure" TEXT COLLATE "C",
    "failure_code" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "heard_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "worked_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "upload_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "upload_part" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "upload_id" TEXT COLLATE "C" NOT NULL,
    "number" INTEGER NOT NULL,
    "rows" INTEGER NOT NULL,
    "content" TEXT COLLATE "C" NOT NULL,
    "results" TEXT COLLATE "C",
    "counts" JSONB,

    CONSTRAINT "upload_part_pkey" PRIMARY KEY ("tenant_id","upload_id","number")
);

-- CreateTable
CREATE TABLE "upload_key" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "upload_id" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "content_hash" TEXT COLLATE "C" NOT NULL,
    "line" INTEGER NOT NULL,

    CONSTRAINT "upload_key_pkey" PRIMARY KEY ("tenant_id","upload_id","key")
);

-- AddForeignKey
ALTER TABLE "upload" ADD CONSTRAINT "upload_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "upload" ADD CONSTRAINT "upload_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "upload_part" ADD CONSTRAINT "upload_part_tenant_id_upload_id_fkey" FOREIGN KEY ("tenant_id", "upload_id") REFERENCES "upload"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "upload_key" ADD CONSTRAINT "upload_key_tenant_id_upload_id_fkey" FOREIGN KEY ("tenant_id", "upload_id") REFERENCES "upload"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- By hand.
CREATE INDEX "upload_open" ON "upload"("tenant_id", "id") WHERE "state" IN ('receiving', 'running');
CREATE INDEX "upload_finished" ON "upload"("finished_at") WHERE "finished_at" IS NOT NULL;
CREATE INDEX "upload_partner" ON "upload"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;

-- Rows are read once or twice: compressing them takes longer than it saves.
ALTER TABLE "upload_part" ALTER COLUMN "content" SET STORAGE EXTERNAL, ALTER COLUMN "results" SET STORAGE EXTERNAL;

ALTER TABLE "upload" ADD CONSTRAINT "upload_kind" CHECK ("kind" IN ('bill', 'account', 'customer', 'payment'));
ALTER TABLE "upload" ADD CONSTRAINT "upload_state" CHECK ("state" IN ('receiving', 'running', 'done', 'failed', 'cancelled'));
ALTER TABLE "upload" ADD CONSTRAINT "upload_finished_in_the_end" CHECK (("state" IN ('receiving', 'running')) = ("finished_at" IS NULL));
ALTER TABLE "upload" ADD CONSTRAINT "upload_failure" CHECK (("state" = 'failed') = ("failure" IS NOT NULL));
ALTER TABLE "upload" ADD CONSTRAINT "upload_started" CHECK ("state" NOT IN ('running', 'done') OR "started_at" IS NOT NULL);
-- Every row has one result in the end.
ALTER TABLE "upload" ADD CONSTRAINT "upload_counts" CHECK (
  least("created", "replaced", "duplicate", "conflict", "refused", "not_stored", "parts_done") >= 0
  AND "parts_done" <= "parts" AND ("state" <> 'done' OR "parts_done" = "parts")
  AND CASE WHEN "parts_done" = "parts" AND "state" = 'done'
    THEN "created" + "replaced" + "duplicate" + "conflict" + "refused" + "not_stored" = "rows"
    ELSE "created" + "replaced" + "duplicate" + "conflict" + "refused" + "not_stored" <= "rows" END);
ALTER TABLE "upload_part" ADD CONSTRAINT "upload_part_done" CHECK (("results" IS NULL) = ("counts" IS NULL));

-- What has ended stays as it is, and what is asked for does not change.
CREATE FUNCTION "upload_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."finished_at" IS NOT NULL THEN
    RAISE EXCEPTION 'an upload that has ended does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (OLD."tenant_id", OLD."id", OLD."partner_id", OLD."kind", OLD."layout", OLD."options", OLD."author")
    IS DISTINCT FROM (NEW."tenant_id", NEW."id", NEW."partner_id", NEW."kind", NEW."layout", NEW."options", NEW."author") THEN
    RAISE EXCEPTION 'what an upload is does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "upload_kept" BEFORE UPDATE ON "upload" FOR EACH ROW EXECUTE FUNCTION "upload_is_kept"();

-- A part comes while its upload is received, and is done once.
CREATE FUNCTION "upload_part_is_once"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD."results" IS NOT NULL THEN
      RAISE EXCEPTION 'a part that is done does not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM "upload" u WHERE u."tenant_id" = NEW."tenant_id" AND u."id" = NEW."upload_id"
      AND u."state" = 'receiving') THEN
    RAISE EXCEPTION 'a part belongs to an upload that is received' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "upload_part_once" BEFORE INSERT OR UPDATE ON "upload_part"
  FOR EACH ROW EXECUTE FUNCTION "upload_part_is_once"();
