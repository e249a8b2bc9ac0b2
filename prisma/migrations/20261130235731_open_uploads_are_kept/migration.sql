-- By hand, all of it. An upload goes on and never back, and its rows are those that were received.
CREATE OR REPLACE FUNCTION "upload_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD."finished_at" IS NULL THEN
      RAISE EXCEPTION 'an upload that is open is not removed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD."finished_at" IS NOT NULL THEN
    RAISE EXCEPTION 'an upload that has ended does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (OLD."tenant_id", OLD."id", OLD."partner_id", OLD."kind", OLD."layout", OLD."options", OLD."author")
    IS DISTINCT FROM (NEW."tenant_id", NEW."id", NEW."partner_id", NEW."kind", NEW."layout", NEW."options", NEW."author") THEN
    RAISE EXCEPTION 'what an upload is does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."state" = 'running' AND (NEW."state" = 'receiving'
      OR (OLD."rows", OLD."parts") IS DISTINCT FROM (NEW."rows", NEW."parts"))
    OR NEW."rows" < OLD."rows" OR NEW."parts" < OLD."parts" OR NEW."parts_done" < OLD."parts_done" THEN
    RAISE EXCEPTION 'an upload does not go back' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER "upload_kept" ON "upload";
CREATE TRIGGER "upload_kept" BEFORE UPDATE OR DELETE ON "upload" FOR EACH ROW EXECUTE FUNCTION "upload_is_kept"();

-- A part comes while its upload is received, is done once, and stays until the end.
CREATE OR REPLACE FUNCTION "upload_part_is_once"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT FROM "upload" u WHERE u."tenant_id" = OLD."tenant_id" AND u."id" = OLD."upload_id"
        AND u."finished_at" IS NULL) THEN
      RAISE EXCEPTION 'a part of an upload that is open is not removed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD."results" IS NOT NULL THEN
      RAISE EXCEPTION 'a part that is done does not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD."tenant_id", OLD."upload_id", OLD."number", OLD."rows")
        IS DISTINCT FROM (NEW."tenant_id", NEW."upload_id", NEW."number", NEW."rows")
      OR (NEW."results" IS NULL AND NEW."content" <> OLD."content") THEN
      RAISE EXCEPTION 'the rows of a part do not change before it is done' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM "upload" u WHERE u."tenant_id" = NEW."tenant_id" AND u."id" = NEW."upload_id"
      AND u."state" = 'receiving') THEN
    RAISE EXCEPTION 'a part belongs to an upload that is received' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER "upload_part_once" ON "upload_part";
CREATE TRIGGER "upload_part_once" BEFORE INSERT OR UPDATE OR DELETE ON "upload_part"
  FOR EACH ROW EXECUTE FUNCTION "upload_part_is_once"();
