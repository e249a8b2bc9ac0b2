-- AlterTable
ALTER TABLE "unmatched_payment" ALTER COLUMN "currency" DROP NOT NULL;
