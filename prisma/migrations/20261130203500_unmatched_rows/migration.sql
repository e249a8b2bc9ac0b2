-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "unmatched" INTEGER NOT NULL DEFAULT 0;

-- By hand. Every row has one result in the end.
ALTER TABLE "upload" DROP CONSTRAINT "upload_counts";
ALTER TABLE "upload" ADD CONSTRAINT "upload_counts" CHECK (
  least("created", "replaced", "duplicate", "unmatched", "conflict", "refused", "not_stored", "parts_done") >= 0
  AND "parts_done" <= "parts" AND ("state" <> 'done' OR "parts_done" = "parts")
  AND CASE WHEN "parts_done" = "parts" AND "state" = 'done'
    THEN "created" + "replaced" + "duplicate" + "unmatched" + "conflict" + "refused" + "not_stored" = "rows"
    ELSE "created" + "replaced" + "duplicate" + "unmatched" + "conflict" + "refused" + "not_stored" <= "rows" END);
