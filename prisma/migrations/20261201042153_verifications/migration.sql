-- CreateTable
CREATE TABLE "verification" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "verified_at" TIMESTAMPTZ(3) NOT NULL,
    "seconds" DECIMAL(28,10) NOT NULL,
    "difference" TEXT COLLATE "C",

    CONSTRAINT "verification_pkey" PRIMARY KEY ("tenant_id","kind")
);

-- AddForeignKey
ALTER TABLE "verification" ADD CONSTRAINT "verification_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

ALTER TABLE "verification" ADD CONSTRAINT "verification_kind" CHECK ("kind" IN ('ledger', 'audit'));
