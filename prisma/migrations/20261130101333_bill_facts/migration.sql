-- AlterTable
ALTER TABLE "customer_bill" ADD COLUMN     "applied_tax_profile" JSONB;

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "itemisation" JSONB;
