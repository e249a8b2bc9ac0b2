-- The sums of usage no longer stand in the rows of balances: rates of one account would wait for each other there, and
-- each cost three times as much. They are appended, and folded later.
DROP TRIGGER "rates_booked_insert" ON "applied_customer_billing_rate";
DROP TRIGGER "rates_booked_delete" ON "applied_customer_billing_rate";
DROP TRIGGER "rates_booked_update" ON "applied_customer_billing_rate";
DROP TRIGGER "account_booked_rates" ON "billing_account";
DROP TRIGGER "ledger_booked" ON "ledger_entry";
DROP TRIGGER "usage_day_closed" ON "account_balance";
DROP FUNCTION "rates_are_booked"();
DROP FUNCTION "rates_are_taken_back"();
DROP FUNCTION "rate_is_booked_anew"();
DROP FUNCTION "account_books_its_rates"();
DROP FUNCTION "ledger_is_booked"();
DROP FUNCTION "book_rates"(text, text[], text[], text[], text[], numeric[]);
DROP FUNCTION "book_usage"(text, text[], text[], numeric[], numeric[], numeric[], numeric[]);
DROP FUNCTION "rates_lock"(text, text);
DROP FUNCTION "usage_day_is_closed"();

-- DropTable
DROP TABLE "usage_closing";
DROP FUNCTION "usage_closing_is_immutable"();

-- AlterTable
ALTER TABLE "account_balance" DROP COLUMN "usage_adjustments",
DROP COLUMN "usage_calls",
DROP COLUMN "usage_day",
DROP COLUMN "usage_others",
DROP COLUMN "usage_payments";
ALTER TABLE "account_balance" RESET (fillfactor);

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN "usage_day" DATE;

-- CreateTable
CREATE TABLE "usage_total" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,

    CONSTRAINT "usage_total_pkey" PRIMARY KEY ("tenant_id","account_id","partner_id","currency","day","kind")
);

-- CreateTable
CREATE TABLE "usage_entry" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "id" BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
    "partner_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "amount" DECIMAL(28,10) NOT NULL,

    CONSTRAINT "usage_entry_pkey" PRIMARY KEY ("tenant_id","account_id","id")
);

-- By hand from here: what the schema cannot declare.

ALTER TABLE "usage_total" ADD CONSTRAINT "usage_total_kind" CHECK ("kind" IN ('payment', 'call', 'other', 'adjustment'));

-- Usage by what its rates call the account, and by their owner, empty for the provider: an account that is created
-- later counts all of it.
CREATE VIEW "usage" AS
  SELECT "tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount" FROM "usage_total"
  UNION ALL
  SELECT "tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount" FROM "usage_entry";

-- What is there already counts on the day when it came: entries when they were posted, rates when they arrived.
INSERT INTO "usage_total" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
WITH "counted" AS (
    SELECT "tenant_id", "types", "since", lead("since", 1, 'infinity') OVER (PARTITION BY "tenant_id" ORDER BY "since") AS "until"
    FROM "call_charge_types"),
  "booking" AS (
    SELECT r."tenant_id", r."billing_account_id" AS "account", coalesce(r."partner_id", '') AS "partner",
      r."tax_excluded_amount_unit" AS "currency", r."created_at" AS "at",
      "charge_kind"(c."types", coalesce(r."rate_type", 'appliedBillingCharge')) AS "kind",
      r."tax_excluded_amount_value" AS "amount"
    FROM "applied_customer_billing_rate" r
    JOIN "counted" c ON c."tenant_id" = r."tenant_id" AND r."created_at" >= c."since" AND r."created_at" < c."until"
    LEFT JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
    WHERE r."billing_account_id" IS NOT NULL AND r."tax_excluded_amount_unit" IS NOT NULL
      AND r."tax_excluded_amount_value" IS NOT NULL AND (NOT r."is_billed" OR b."rounding_amount" IS NOT NULL)
    UNION ALL
    SELECT "tenant_id", "billing_account_id", '', "currency", "posted_at",
      CASE "book" WHEN 'cash' THEN 'payment' ELSE 'other' END, CASE "book" WHEN 'cash' THEN "amount" ELSE -"amount" END
    FROM "ledger_entry" WHERE "book" NOT IN ('receivable', 'balance')
    UNION ALL
    SELECT j."tenant_id", j."billing_account_id", '', j."currency", j."posted_at", 'other', -(
      SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) FROM "applied_customer_billing_rate" r
      WHERE r."tenant_id" = j."tenant_id" AND r."bill_id" = j."source_id")
    FROM (SELECT DISTINCT "tenant_id", "billing_account_id", "currency", "source_id", "posted_at" FROM "ledger_entry"
      WHERE "source_type" = 'bill' AND "book" IN ('revenue', 'partner') AND "detail" IS NOT NULL) j)
SELECT b."tenant_id", b."account", b."partner", b."currency", (b."at" AT TIME ZONE t."time_zone")::date, b."kind",
  sum(b."amount")
FROM "booking" b JOIN "tenant" t ON t."id" = b."tenant_id" GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(b."amount") <> 0;

CREATE FUNCTION "usage_lock"("of_tenant" text, "on_day" date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(concat('usage of ', "of_tenant", ' on ', "on_day" - '1970-01-01'::date), 0)
$$;

-- Returns the day of a booking: today in the tenant's zone by the clock of the database, but no day that was read as
-- past. A shared lock tells readers of that day that a booking is under way.
CREATE FUNCTION "booking_day"("of_tenant" text) RETURNS date LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  "held" date;
  "now" date;
BEGIN
  LOOP
    SELECT greatest(("booking_time"() AT TIME ZONE t."time_zone")::date, t."usage_day") INTO "now"
    FROM "tenant" t WHERE t."id" = "of_tenant";
    EXIT WHEN "now" = "held";
    PERFORM pg_advisory_xact_lock_shared("usage_lock"("of_tenant", "now"));
    "held" := "now";
  END LOOP;
  RETURN "now";
END $$;

-- Waits for bookings of a past day under way, and lets no later one go before today.
CREATE FUNCTION "close_usage"("of_tenant" text, "past_day" date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "tenant" t SET "usage_day" = ("booking_time"() AT TIME ZONE t."time_zone")::date
  WHERE t."id" = "of_tenant" AND ("booking_time"() AT TIME ZONE t."time_zone")::date > coalesce(t."usage_day", "past_day");
  -- A zone may have changed meanwhile, by more than a day.
  PERFORM pg_advisory_xact_lock("usage_lock"("of_tenant", d."day"))
  FROM (SELECT "past_day" - i AS "day" FROM generate_series(2, 0, -1) i) d;
END $$;

-- A rate counts from its arrival on, and a deleted one is taken back today. A rate that comes as billed belongs to the bill of another system, which counts as
-- a whole.
CREATE FUNCTION "rates_are_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "sign" int := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
  INSERT INTO "usage_entry" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
  SELECT s."tenant_id", s."account", s."partner", s."currency", d."day", s."kind", "sign" * s."amount"
  FROM (SELECT "id" AS "tenant", "booking_day"("id") AS "day" FROM "tenant"
    WHERE "id" IN (SELECT "tenant_id" FROM "rates")) d
  JOIN (SELECT r."tenant_id", r."billing_account_id" AS "account", coalesce(r."partner_id", '') AS "partner",
      r."tax_excluded_amount_unit" AS "currency",
      "charge_kind"(t."call_charge_types", coalesce(r."rate_type", 'appliedBillingCharge')) AS "kind",
      sum(r."tax_excluded_amount_value") AS "amount"
    FROM "rates" r JOIN "tenant" t ON t."id" = r."tenant_id"
    WHERE NOT r."is_billed" AND r."billing_account_id" IS NOT NULL AND r."tax_excluded_amount_unit" IS NOT NULL
      AND r."tax_excluded_amount_value" <> 0
    GROUP BY 1, 2, 3, 4, 5) s ON s."tenant_id" = d."tenant";
  RETURN NULL;
END $$;
CREATE TRIGGER "rates_booked_insert" AFTER INSERT ON "applied_customer_billing_rate" REFERENCING NEW TABLE AS "rates"
  FOR EACH STATEMENT EXECUTE FUNCTION "rates_are_booked"();
CREATE TRIGGER "rates_booked_delete" AFTER DELETE ON "applied_customer_billing_rate" REFERENCING OLD TABLE AS "rates"
  FOR EACH STATEMENT EXECUTE FUNCTION "rates_are_booked"();

-- A changed rate counts with the difference, today. The marks of the billing change nothing, and do not come here.
CREATE FUNCTION "rate_is_booked_anew"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "call_types" jsonb := (SELECT "call_charge_types" FROM "tenant" WHERE "id" = NEW."tenant_id");
BEGIN
  INSERT INTO "usage_entry" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
  SELECT NEW."tenant_id", r."account", coalesce(r."partner", ''), r."currency", "booking_day"(NEW."tenant_id"),
    "charge_kind"("call_types", coalesce(r."type", 'appliedBillingCharge')), r."amount"
  FROM (VALUES
    (OLD."billing_account_id", OLD."partner_id", OLD."rate_type", OLD."tax_excluded_amount_unit",
      -OLD."tax_excluded_amount_value", OLD."is_billed"),
    (NEW."billing_account_id", NEW."partner_id", NEW."rate_type", NEW."tax_excluded_amount_unit",
      NEW."tax_excluded_amount_value", NEW."is_billed")) r("account", "partner", "type", "currency", "amount", "is_billed")
  WHERE NOT r."is_billed" AND r."account" IS NOT NULL AND r."currency" IS NOT NULL AND r."amount" <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER "rates_booked_update" AFTER UPDATE OF "billing_account_id", "partner_id", "rate_type",
    "tax_excluded_amount_unit", "tax_excluded_amount_value" ON "applied_customer_billing_rate"
  FOR EACH ROW WHEN ((OLD."billing_account_id", OLD."partner_id", OLD."rate_type", OLD."tax_excluded_amount_unit",
      OLD."tax_excluded_amount_value") IS DISTINCT FROM (NEW."billing_account_id", NEW."partner_id", NEW."rate_type",
      NEW."tax_excluded_amount_unit", NEW."tax_excluded_amount_value"))
  EXECUTE FUNCTION "rate_is_booked_anew"();

-- Payments count as they are posted; of a bill whatever its rates did not count yet: of the engine's the taxes and the
-- difference to the exact sum of its lines, of another system's all.
CREATE FUNCTION "ledger_is_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "usage_entry" ("tenant_id", "account_id", "partner_id", "currency", "day", "kind", "amount")
  SELECT s."tenant_id", s."account", '', s."currency", d."day", s."kind", s."amount"
  FROM (SELECT "id" AS "tenant", "booking_day"("id") AS "day" FROM "tenant"
    WHERE "id" IN (SELECT "tenant_id" FROM "entries" WHERE "book" NOT IN ('receivable', 'balance'))) d
  JOIN (SELECT "tenant_id", "account", "currency", "kind", sum("amount") AS "amount" FROM (
      SELECT "tenant_id", "billing_account_id" AS "account", "currency",
        CASE "book" WHEN 'cash' THEN 'payment' ELSE 'other' END AS "kind",
        CASE "book" WHEN 'cash' THEN "amount" ELSE -"amount" END AS "amount"
      FROM "entries" WHERE "book" NOT IN ('receivable', 'balance')
      UNION ALL
      SELECT b."tenant_id", b."account", b."currency", 'other', -x."exact" FROM (
        SELECT DISTINCT "tenant_id", "billing_account_id" AS "account", "currency", "source_id" AS "bill"
        FROM "entries" WHERE "source_type" = 'bill' AND "book" IN ('revenue', 'partner') AND "detail" IS NOT NULL) b
      CROSS JOIN LATERAL (SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) AS "exact"
        FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."bill") x) p
    GROUP BY 1, 2, 3, 4 HAVING sum("amount") <> 0) s ON s."tenant_id" = d."tenant";
  RETURN NULL;
END $$;
CREATE TRIGGER "ledger_booked" AFTER INSERT ON "ledger_entry" REFERENCING NEW TABLE AS "entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_is_booked"();
