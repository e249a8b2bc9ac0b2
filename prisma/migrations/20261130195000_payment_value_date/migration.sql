-- AlterTable
ALTER TABLE "payment" ADD COLUMN     "value_date" TEXT COLLATE "C";

-- By hand.
ALTER TABLE "payment" ADD CONSTRAINT "payment_value_date" CHECK ("value_date" ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
