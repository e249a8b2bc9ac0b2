-- AlterTable
ALTER TABLE "bill_run_parked" ADD COLUMN     "reason_code" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "customer_bill_on_demand" ADD COLUMN     "state_reason_code" TEXT COLLATE "C";
