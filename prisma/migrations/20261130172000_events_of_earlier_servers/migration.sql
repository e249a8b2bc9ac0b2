-- During an upgrade, servers of before the positions go on writing events, without versions: of bills and requests for
-- bills only, whose rows they have locked. A removal is told before it.
CREATE FUNCTION "event_of_earlier_server"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT r."version" + (NEW."event_type" LIKE '%DeleteEvent')::int INTO NEW."resource_version" FROM (
    SELECT "version" FROM "customer_bill"
    WHERE NEW."resource_path" = 'customerBill' AND "tenant_id" = NEW."tenant_id" AND "id" = NEW."resource_id"
    UNION ALL
    SELECT "version" FROM "customer_bill_on_demand"
    WHERE NEW."resource_path" = 'customerBillOnDemand' AND "tenant_id" = NEW."tenant_id" AND "id" = NEW."resource_id") r;
  RETURN NEW;
END $$;
CREATE TRIGGER "event_version" BEFORE INSERT ON "event"
  FOR EACH ROW WHEN (NEW."resource_version" IS NULL) EXECUTE FUNCTION "event_of_earlier_server"();
