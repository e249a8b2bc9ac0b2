-- AlterTable
ALTER TABLE "account_balance" ADD COLUMN "usage_day" DATE,
ADD COLUMN "usage_payments" DECIMAL(28,10) NOT NULL DEFAULT 0,
ADD COLUMN "usage_calls" DECIMAL(28,10) NOT NULL DEFAULT 0,
ADD COLUMN "usage_others" DECIMAL(28,10) NOT NULL DEFAULT 0,
ADD COLUMN "usage_adjustments" DECIMAL(28,10) NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "usage_closing" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "payments" DECIMAL(28,10) NOT NULL,
    "calls" DECIMAL(28,10) NOT NULL,
    "others" DECIMAL(28,10) NOT NULL,
    "adjustments" DECIMAL(28,10) NOT NULL,

    CONSTRAINT "usage_closing_pkey" PRIMARY KEY ("tenant_id","account_id","currency","day")
);

-- AddForeignKey
ALTER TABLE "usage_closing" ADD CONSTRAINT "usage_closing_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "usage_closing" ADD CONSTRAINT "usage_closing_tenant_id_account_id_currency_fkey" FOREIGN KEY ("tenant_id", "account_id", "currency") REFERENCES "account_balance"("tenant_id", "account_id", "currency") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- Balances are updated in place, many times a second.
ALTER TABLE "account_balance" SET (fillfactor = 70);

-- What a type of rate is in a balance of usage, and in a statement of the ledger.
CREATE FUNCTION "charge_kind"("call_types" jsonb, "type" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN "call_types" @> to_jsonb("type") THEN 'call'
    WHEN "type" IN ('appliedBillingCredit', 'adjustment') THEN 'adjustment' ELSE 'other' END
$$;

-- What is there already counts on the day when it came: entries when they were posted; rates, billed by the engine or
-- not yet, when they arrived, or when their account was created if that was later.
CREATE TEMP TABLE "past" ON COMMIT DROP AS
WITH "counted" AS (
    SELECT "tenant_id", "types", "since", lead("since", 1, 'infinity') OVER (PARTITION BY "tenant_id" ORDER BY "since") AS "until"
    FROM "call_charge_types"),
  "rate" AS (
    SELECT r."tenant_id", a."id" AS "account", r."tax_excluded_amount_unit" AS "currency",
      greatest(r."created_at", a."created_at") AS "at", coalesce(r."rate_type", 'appliedBillingCharge') AS "type",
      r."tax_excluded_amount_value" AS "amount"
    FROM "billing_account" a
    CROSS JOIN LATERAL (
      SELECT a."id" AS "name" UNION SELECT "own_name"(a."partner_id", a."id") WHERE a."partner_id" IS NOT NULL) n
    JOIN "applied_customer_billing_rate" r ON r."tenant_id" = a."tenant_id" AND r."billing_account_id" = n."name"
      AND coalesce(r."partner_id", a."partner_id") IS NOT DISTINCT FROM a."partner_id"
      AND (n."name" = a."id" OR r."partner_id" = a."partner_id")
    LEFT JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
    WHERE r."tax_excluded_amount_unit" IS NOT NULL AND r."tax_excluded_amount_value" IS NOT NULL
      AND (NOT r."is_billed" OR b."rounding_amount" IS NOT NULL)),
  "journal" AS (
    SELECT DISTINCT "tenant_id", "billing_account_id" AS "account", "currency", "source_id", "posted_at"
    FROM "ledger_entry" WHERE "source_type" = 'bill' AND "book" IN ('revenue', 'partner') AND "detail" IS NOT NULL),
  "booking" AS (
    SELECT r."tenant_id", r."account", r."currency", r."at", "charge_kind"(c."types", r."type") AS "kind", r."amount"
    FROM "rate" r JOIN "counted" c ON c."tenant_id" = r."tenant_id" AND r."at" >= c."since" AND r."at" < c."until"
    UNION ALL
    SELECT "tenant_id", "billing_account_id", "currency", "posted_at",
      CASE "book" WHEN 'cash' THEN 'payment' ELSE 'other' END, CASE "book" WHEN 'cash' THEN "amount" ELSE -"amount" END
    FROM "ledger_entry" WHERE "book" NOT IN ('receivable', 'balance')
    UNION ALL
    SELECT j."tenant_id", j."account", j."currency", j."posted_at", 'other', -(
      SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) FROM "applied_customer_billing_rate" r
      WHERE r."tenant_id" = j."tenant_id" AND r."bill_id" = j."source_id")
    FROM "journal" j),
  "day" AS (
    SELECT b."tenant_id", b."account", b."currency", (b."at" AT TIME ZONE t."time_zone")::date AS "day",
      coalesce(sum(b."amount") FILTER (WHERE b."kind" = 'payment'), 0) AS "payments",
      coalesce(sum(b."amount") FILTER (WHERE b."kind" = 'call'), 0) AS "calls",
      coalesce(sum(b."amount") FILTER (WHERE b."kind" = 'other'), 0) AS "others",
      coalesce(sum(b."amount") FILTER (WHERE b."kind" = 'adjustment'), 0) AS "adjustments"
    FROM "booking" b JOIN "tenant" t ON t."id" = b."tenant_id" GROUP BY 1, 2, 3, 4)
SELECT "tenant_id", "account", "currency", "day", sum("payments") OVER "until_then" AS "payments",
  sum("calls") OVER "until_then" AS "calls", sum("others") OVER "until_then" AS "others",
  sum("adjustments") OVER "until_then" AS "adjustments",
  lead("day") OVER "until_then" IS NULL AS "is_last"
FROM "day"
WINDOW "until_then" AS (PARTITION BY "tenant_id", "account", "currency" ORDER BY "day");

INSERT INTO "account_balance" ("tenant_id", "account_id", "currency", "usage_day", "usage_payments", "usage_calls",
    "usage_others", "usage_adjustments")
  SELECT "tenant_id", "account", "currency", "day", "payments", "calls", "others", "adjustments" FROM "past"
  WHERE "is_last"
ON CONFLICT ("tenant_id", "account_id", "currency") DO UPDATE SET "usage_day" = excluded."usage_day",
  "usage_payments" = excluded."usage_payments", "usage_calls" = excluded."usage_calls",
  "usage_others" = excluded."usage_others", "usage_adjustments" = excluded."usage_adjustments";
INSERT INTO "usage_closing" ("tenant_id", "account_id", "currency", "day", "payments", "calls", "others", "adjustments")
  SELECT "tenant_id", "account", "currency", "day", "payments", "calls", "others", "adjustments" FROM "past"
  WHERE NOT "is_last";
DROP TABLE "past";

-- When a balance goes on to a later day, what it was at the end of the last one is kept. Neither changes again.
CREATE FUNCTION "usage_day_is_closed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."usage_day" IS NULL OR NEW."usage_day" < OLD."usage_day" THEN
    RAISE EXCEPTION 'a balance of usage does not go back' USING ERRCODE = 'integrity_constraint_violation',
      CONSTRAINT = 'usage_day_goes_on', TABLE = 'account_balance';
  END IF;
  INSERT INTO "usage_closing" ("tenant_id", "account_id", "currency", "day", "payments", "calls", "others", "adjustments")
  VALUES (OLD."tenant_id", OLD."account_id", OLD."currency", OLD."usage_day", OLD."usage_payments", OLD."usage_calls",
    OLD."usage_others", OLD."usage_adjustments");
  RETURN NULL;
END $$;
CREATE TRIGGER "usage_day_closed" AFTER UPDATE ON "account_balance"
  FOR EACH ROW WHEN (OLD."usage_day" <> coalesce(NEW."usage_day", '-infinity'))
  EXECUTE FUNCTION "usage_day_is_closed"();

CREATE FUNCTION "usage_closing_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a past balance of usage does not change' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'usage_closing_immutable', TABLE = 'usage_closing';
END $$;
CREATE TRIGGER "usage_closing_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "usage_closing"
  FOR EACH STATEMENT EXECUTE FUNCTION "usage_closing_is_immutable"();

-- The time of a booking is that of the database, read while the balance is locked: whoever reads a past day under that
-- lock reads all of it.
CREATE FUNCTION "booking_time"() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;

-- Adds payments and charges to balances of usage, today in the tenant's zone, but never before the balance's own day.
-- Takes the locks in the order of ledger/balance.ts.
CREATE FUNCTION "book_usage"("of_tenant" text, "of_accounts" text[], "in_currencies" text[], "payments" numeric[],
  "calls" numeric[], "others" numeric[], "adjustments" numeric[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  "zone" text := (SELECT "time_zone" FROM "tenant" WHERE "id" = "of_tenant");
BEGIN
  INSERT INTO "account_balance" AS b ("tenant_id", "account_id", "currency", "usage_day", "usage_payments",
      "usage_calls", "usage_others", "usage_adjustments")
    SELECT "of_tenant", u."account", u."currency", ("booking_time"() AT TIME ZONE "zone")::date, sum(u."payment"),
      sum(u."call"), sum(u."other"), sum(u."adjustment")
    FROM unnest("of_accounts", "in_currencies", "payments", "calls", "others", "adjustments")
      u("account", "currency", "payment", "call", "other", "adjustment")
    WHERE u."account" IS NOT NULL
    GROUP BY u."account", u."currency"
    HAVING sum(u."payment") <> 0 OR sum(u."call") <> 0 OR sum(u."other") <> 0 OR sum(u."adjustment") <> 0
    ORDER BY u."account" COLLATE "C", u."currency" COLLATE "C"
  ON CONFLICT ("tenant_id", "account_id", "currency") DO UPDATE SET
    "usage_day" = greatest(b."usage_day", ("booking_time"() AT TIME ZONE "zone")::date),
    "usage_payments" = b."usage_payments" + excluded."usage_payments",
    "usage_calls" = b."usage_calls" + excluded."usage_calls",
    "usage_others" = b."usage_others" + excluded."usage_others",
    "usage_adjustments" = b."usage_adjustments" + excluded."usage_adjustments";
END $$;

-- Rates of an unknown account and that account lock each other out, else neither might see the other. Accounts share
-- locks, by their names without the partner's id.
CREATE FUNCTION "rates_lock"("of_tenant" text, "name" text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(concat('rates of ',
    abs(hashtext(regexp_replace("name", '^[0-9A-HJKMNP-TV-Z]{26}:', '')) % 256), ' of ', "of_tenant"), 0)
$$;

-- Books rates on the accounts that they are billed to, by the same rule as billing/drafts/draft.ts.
CREATE FUNCTION "book_rates"("of_tenant" text, "names" text[], "partners" text[], "types" text[], "in_currencies" text[],
  "amounts" numeric[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  "call_types" jsonb := (SELECT "call_charge_types" FROM "tenant" WHERE "id" = "of_tenant");
  "found" record;
BEGIN
  FOR "attempt" IN 1..2 LOOP
    SELECT array_agg(a."id") AS "accounts", array_agg(s."currency") AS "currencies", array_agg(0::numeric) AS "payments",
      array_agg(s."calls") AS "calls", array_agg(s."others") AS "others", array_agg(s."adjustments") AS "adjustments",
      count(*) > count(a."id") AS "has_unknown" INTO "found"
    FROM (SELECT "name", "partner", "currency", coalesce(sum("amount") FILTER (WHERE "kind" = 'call'), 0) AS "calls",
        coalesce(sum("amount") FILTER (WHERE "kind" = 'other'), 0) AS "others",
        coalesce(sum("amount") FILTER (WHERE "kind" = 'adjustment'), 0) AS "adjustments"
      FROM (SELECT r."name", r."partner", r."currency", r."amount",
          "charge_kind"("call_types", coalesce(r."type", 'appliedBillingCharge')) AS "kind"
        FROM unnest("names", "partners", "types", "in_currencies", "amounts")
          r("name", "partner", "type", "currency", "amount")
        WHERE r."name" IS NOT NULL AND r."currency" IS NOT NULL AND r."amount" <> 0) k
      GROUP BY 1, 2, 3) s
    LEFT JOIN LATERAL (SELECT a."id" FROM "billing_account" a
      WHERE a."tenant_id" = "of_tenant" AND a."id" = ANY(ARRAY[s."name", s."partner" || ':' || s."name"])
        AND coalesce(s."partner", a."partner_id") IS NOT DISTINCT FROM a."partner_id") a ON TRUE;
    EXIT WHEN "attempt" = 2 OR NOT "found"."has_unknown";
    PERFORM pg_advisory_xact_lock_shared(l."key") FROM (
      SELECT DISTINCT "rates_lock"("of_tenant", n."name") AS "key" FROM unnest("names") n("name")
      WHERE NOT EXISTS (SELECT FROM "billing_account" a WHERE a."tenant_id" = "of_tenant" AND a."id" = n."name")
      ORDER BY 1) l;
  END LOOP;
  PERFORM "book_usage"("of_tenant", "found"."accounts", "found"."currencies", "found"."payments", "found"."calls",
    "found"."others", "found"."adjustments");
END $$;

-- A rate counts from its arrival on. A rate that comes as billed belongs to the bill of another system, which counts as
-- a whole.
CREATE FUNCTION "rates_are_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "book_rates"("tenant_id", array_agg("name"), array_agg("partner_id"), array_agg("rate_type"),
    array_agg("currency"), array_agg("amount"))
  FROM (SELECT "tenant_id", "billing_account_id" AS "name", "partner_id", "rate_type",
      "tax_excluded_amount_unit" AS "currency", sum("tax_excluded_amount_value") AS "amount"
    FROM "after" WHERE NOT "is_billed" GROUP BY 1, 2, 3, 4, 5) r
  GROUP BY "tenant_id";
  RETURN NULL;
END $$;
CREATE TRIGGER "rates_booked_insert" AFTER INSERT ON "applied_customer_billing_rate" REFERENCING NEW TABLE AS "after"
  FOR EACH STATEMENT EXECUTE FUNCTION "rates_are_booked"();

CREATE FUNCTION "rates_are_taken_back"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "book_rates"("tenant_id", array_agg("name"), array_agg("partner_id"), array_agg("rate_type"),
    array_agg("currency"), array_agg("amount"))
  FROM (SELECT "tenant_id", "billing_account_id" AS "name", "partner_id", "rate_type",
      "tax_excluded_amount_unit" AS "currency", -sum("tax_excluded_amount_value") AS "amount"
    FROM "before" WHERE NOT "is_billed" GROUP BY 1, 2, 3, 4, 5) r
  GROUP BY "tenant_id";
  RETURN NULL;
END $$;
CREATE TRIGGER "rates_booked_delete" AFTER DELETE ON "applied_customer_billing_rate"
  REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "rates_are_taken_back"();

-- A changed rate counts with the difference. The marks of the billing change nothing, and do not come here.
CREATE FUNCTION "rate_is_booked_anew"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "book_rates"(NEW."tenant_id", ARRAY[OLD."billing_account_id", NEW."billing_account_id"],
    ARRAY[OLD."partner_id", NEW."partner_id"], ARRAY[OLD."rate_type", NEW."rate_type"],
    ARRAY[OLD."tax_excluded_amount_unit", NEW."tax_excluded_amount_unit"],
    ARRAY[CASE WHEN NOT OLD."is_billed" THEN -OLD."tax_excluded_amount_value" END,
      CASE WHEN NOT NEW."is_billed" THEN NEW."tax_excluded_amount_value" END]);
  RETURN NULL;
END $$;
CREATE TRIGGER "rates_booked_update" AFTER UPDATE OF "billing_account_id", "partner_id", "rate_type",
    "tax_excluded_amount_unit", "tax_excluded_amount_value" ON "applied_customer_billing_rate"
  FOR EACH ROW WHEN ((OLD."billing_account_id", OLD."partner_id", OLD."rate_type", OLD."tax_excluded_amount_unit",
      OLD."tax_excluded_amount_value") IS DISTINCT FROM (NEW."billing_account_id", NEW."partner_id", NEW."rate_type",
      NEW."tax_excluded_amount_unit", NEW."tax_excluded_amount_value"))
  EXECUTE FUNCTION "rate_is_booked_anew"();

-- An account counts the rates that came before it.
CREATE FUNCTION "account_books_its_rates"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(l."key") FROM (
    SELECT DISTINCT "rates_lock"("tenant_id", "id") AS "key" FROM "accounts" ORDER BY 1) l;
  PERFORM "book_usage"("tenant_id", array_agg("account"), array_agg("currency"), array_agg(0::numeric),
    array_agg("calls"), array_agg("others"), array_agg("adjustments"))
  FROM (SELECT a."tenant_id", a."id" AS "account", r."currency",
      coalesce(sum(r."amount") FILTER (WHERE r."kind" = 'call'), 0) AS "calls",
      coalesce(sum(r."amount") FILTER (WHERE r."kind" = 'other'), 0) AS "others",
      coalesce(sum(r."amount") FILTER (WHERE r."kind" = 'adjustment'), 0) AS "adjustments"
    FROM "accounts" a JOIN "tenant" t ON t."id" = a."tenant_id"
    CROSS JOIN LATERAL (
      SELECT r."tax_excluded_amount_unit" AS "currency", r."tax_excluded_amount_value" AS "amount",
        "charge_kind"(t."call_charge_types", coalesce(r."rate_type", 'appliedBillingCharge')) AS "kind"
      FROM "applied_customer_billing_rate" r
      WHERE r."tenant_id" = a."tenant_id"
        AND r."billing_account_id" = ANY(ARRAY[a."id", "own_name"(a."partner_id", a."id")]) AND NOT r."is_billed"
        AND coalesce(r."partner_id", a."partner_id") IS NOT DISTINCT FROM a."partner_id"
        AND (r."billing_account_id" = a."id" OR r."partner_id" = a."partner_id")
        AND r."tax_excluded_amount_unit" IS NOT NULL AND r."tax_excluded_amount_value" IS NOT NULL) r
    GROUP BY 1, 2, 3) s
  GROUP BY "tenant_id";
  RETURN NULL;
END $$;
CREATE TRIGGER "account_booked_rates" AFTER INSERT ON "billing_account" REFERENCING NEW TABLE AS "accounts"
  FOR EACH STATEMENT EXECUTE FUNCTION "account_books_its_rates"();

-- Payments count as they are posted; of a bill whatever its rates did not count yet: of the engine's taxes and the
-- difference to the exact sum of its lines, of another system's all.
CREATE FUNCTION "ledger_is_booked"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "book_usage"("tenant_id", array_agg("account"), array_agg("currency"), array_agg("payments"),
    array_agg(0::numeric), array_agg("charges"), array_agg(0::numeric))
  FROM (SELECT "tenant_id", "account", "currency", sum("payment") AS "payments", sum("charge") AS "charges" FROM (
      SELECT "tenant_id", "billing_account_id" AS "account", "currency",
        CASE "book" WHEN 'cash' THEN "amount" ELSE 0 END AS "payment",
        CASE "book" WHEN 'cash' THEN 0 ELSE -"amount" END AS "charge"
      FROM "entries" WHERE "book" NOT IN ('receivable', 'balance')
      UNION ALL
      SELECT b."tenant_id", b."account", b."currency", 0, -x."exact" FROM (
        SELECT DISTINCT "tenant_id", "billing_account_id" AS "account", "currency", "source_id" AS "bill"
        FROM "entries" WHERE "source_type" = 'bill' AND "book" IN ('revenue', 'partner') AND "detail" IS NOT NULL) b
      CROSS JOIN LATERAL (SELECT coalesce(sum(r."tax_excluded_amount_value"), 0) AS "exact"
        FROM "applied_customer_billing_rate" r WHERE r."tenant_id" = b."tenant_id" AND r."bill_id" = b."bill") x) p
    GROUP BY 1, 2, 3) s
  GROUP BY "tenant_id";
  RETURN NULL;
END $$;
CREATE TRIGGER "ledger_booked" AFTER INSERT ON "ledger_entry" REFERENCING NEW TABLE AS "entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_is_booked"();
