-- CreateTable
CREATE TABLE "uploaded_bill" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "bill_id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "account_number" TEXT COLLATE "C" NOT NULL,
    "period" TEXT COLLATE "C" NOT NULL,
    "reference" TEXT COLLATE "C" NOT NULL,
    "reference_kind" TEXT COLLATE "C" NOT NULL,
    "content_hash" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "uploaded_bill_pkey" PRIMARY KEY ("tenant_id","bill_id")
);

-- AddForeignKey
ALTER TABLE "uploaded_bill" ADD CONSTRAINT "uploaded_bill_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "uploaded_bill" ADD CONSTRAINT "uploaded_bill_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "uploaded_bill" ADD CONSTRAINT "uploaded_bill_tenant_id_bill_id_fkey" FOREIGN KEY ("tenant_id", "bill_id") REFERENCES "customer_bill"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- By hand. An upload names its keys before it writes the bills.
ALTER TABLE "uploaded_bill" ALTER CONSTRAINT "uploaded_bill_tenant_id_bill_id_fkey" DEFERRABLE INITIALLY DEFERRED;

-- A row makes one bill of its owner, a partner or the tenant itself, however often and by whatever upload it comes.
CREATE UNIQUE INDEX "uploaded_bill_once" ON "uploaded_bill"("tenant_id", coalesce("partner_id", ''), "account_number", "period", "reference_kind", "reference");

ALTER TABLE "uploaded_bill" ADD CONSTRAINT "uploaded_bill_period" CHECK ("period" ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');
ALTER TABLE "uploaded_bill" ADD CONSTRAINT "uploaded_bill_reference" CHECK ("reference_kind" IN ('externalId', 'billNo', 'none')
  AND ("reference_kind" = 'none') = ("reference" = ''));

-- What a bill was made from does not change.
CREATE FUNCTION "uploaded_bill_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT FROM "uploaded_bill") THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'the row of an uploaded bill does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "uploaded_bill_immutable" BEFORE UPDATE OR TRUNCATE ON "uploaded_bill"
  FOR EACH STATEMENT EXECUTE FUNCTION "uploaded_bill_is_immutable"();

-- It is of the owner of its bill, and goes only with it: else the row could be uploaded once more.
CREATE FUNCTION "uploaded_bill_is_of_its_bill"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = OLD."tenant_id" AND b."id" = OLD."bill_id") THEN
      RAISE EXCEPTION 'the row of an uploaded bill goes with its bill' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM "customer_bill" b WHERE b."tenant_id" = NEW."tenant_id" AND b."id" = NEW."bill_id"
      AND b."partner_id" IS NOT DISTINCT FROM NEW."partner_id")
    -- Unless both went already.
    AND EXISTS (SELECT FROM "uploaded_bill" u WHERE u."tenant_id" = NEW."tenant_id" AND u."bill_id" = NEW."bill_id") THEN
    RAISE EXCEPTION 'the row of an uploaded bill has its owner' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "uploaded_bill_of_its_bill" AFTER INSERT OR DELETE ON "uploaded_bill"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "uploaded_bill_is_of_its_bill"();
