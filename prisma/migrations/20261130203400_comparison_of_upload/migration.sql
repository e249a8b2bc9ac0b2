-- AlterTable
ALTER TABLE "comparison" ADD COLUMN     "upload_id" TEXT COLLATE "C",
ALTER COLUMN "bill_cycle_id" DROP NOT NULL;

-- By hand.
ALTER TABLE "comparison" ADD CONSTRAINT "comparison_of_one_source" CHECK (num_nonnulls("bill_cycle_id", "upload_id") = 1);
