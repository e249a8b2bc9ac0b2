-- AlterTable
ALTER TABLE "tenant" ADD COLUMN "unknown_accounts" TEXT COLLATE "C" NOT NULL DEFAULT 'accept';

-- By hand.
ALTER TABLE "tenant" ADD CONSTRAINT "tenant_unknown_accounts" CHECK ("unknown_accounts" IN ('accept', 'refuse', 'create'));
