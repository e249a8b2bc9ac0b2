-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "account_codes" JSONB;

-- CreateIndex
CREATE INDEX "ledger_entry_tenant_id_posted_at_journal_id_line_idx" ON "ledger_entry"("tenant_id", "posted_at", "journal_id", "line");
