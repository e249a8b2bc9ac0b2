-- By hand: rates that fit one by one may have a sum that does not. The number of an entry is no id.
DROP VIEW "usage";
ALTER TABLE "usage_entry" RENAME COLUMN "id" TO "position";
ALTER TABLE "usage_entry" ALTER COLUMN "amount" SET DATA TYPE DECIMAL(38,10);
ALTER TABLE "usage_total" ALTER COLUMN "amount" SET DATA TYPE DECIMAL(38,10);
CREATE VIEW "usage" AS
  SELECT "tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount" FROM "usage_total"
  UNION ALL
  SELECT "tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount" FROM "usage_entry";
