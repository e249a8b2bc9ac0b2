-- By hand. The same text for all that look the same, as src/base/plain-text.ts has it: without characters that show
-- nothing (Default_Ignorable_Code_Point), in Unicode's form NFC, one space for any blanks (White_Space), none at the ends.
CREATE FUNCTION "plain_text"("text" text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT btrim(regexp_replace(normalize(regexp_replace("text",
    '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]',
    '', 'g'), NFC), '[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g'), ' ')
$$;

-- DropIndex
DROP INDEX "payment_tenant_id_name_space_reference_key";

-- DropIndex
DROP INDEX "payment_tenant_id_reference_idx";

-- AlterTable
ALTER TABLE "payment" ADD COLUMN     "reference_key" TEXT COLLATE "C",
ADD COLUMN     "reference_twin" INTEGER NOT NULL DEFAULT 0;

-- By hand. Payments that are there and look the same stay two, and are told apart by a number: first the one whose
-- reference is its key already, else the oldest.
UPDATE "payment" p SET "reference_key" = k."key", "reference_twin" = k."twin"
FROM (
  SELECT "tenant_id", "id", "key", row_number() OVER (
      PARTITION BY "tenant_id", "name_space", "key" ORDER BY "reference" <> "key", "created_at", "id") - 1 AS "twin"
  FROM (SELECT *, "plain_text"("reference") AS "key" FROM "payment") x
) k
WHERE p."tenant_id" = k."tenant_id" AND p."id" = k."id";

ALTER TABLE "payment" ALTER COLUMN "reference_key" SET NOT NULL;

-- CreateIndex
CREATE INDEX "payment_tenant_id_reference_key_idx" ON "payment"("tenant_id", "reference_key");

-- CreateIndex
CREATE UNIQUE INDEX "payment_own_reference" ON "payment"("tenant_id", "name_space", "reference_key", "reference_twin");

-- By hand. Nobody else says what a reference is compared by.
CREATE FUNCTION "payment_reference_key"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."reference_key" := "plain_text"(NEW."reference");
  RETURN NEW;
END $$;

CREATE TRIGGER "payment_reference_key" BEFORE INSERT OR UPDATE OF "reference", "reference_key" ON "payment"
  FOR EACH ROW EXECUTE FUNCTION "payment_reference_key"();
