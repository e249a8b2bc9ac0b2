-- The rate of an adjustment keeps the amount and the account that the adjustment states.
CREATE FUNCTION "adjustment_rate_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "correction" c WHERE c."tenant_id" = OLD."tenant_id" AND c."rate_id" = OLD."id") THEN
    RAISE EXCEPTION 'the rate of an adjustment keeps its amount, its account and its taxes'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'adjustment_rate_kept',
        TABLE = 'applied_customer_billing_rate';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "adjustment_rate_kept" BEFORE UPDATE OF "billing_account_id", "rate_type", "applied_tax",
    "tax_excluded_amount_value", "tax_excluded_amount_unit" ON "applied_customer_billing_rate"
  FOR EACH ROW WHEN ((OLD."billing_account_id", OLD."rate_type", OLD."applied_tax", OLD."tax_excluded_amount_value",
      OLD."tax_excluded_amount_unit") IS DISTINCT FROM (NEW."billing_account_id", NEW."rate_type", NEW."applied_tax",
      NEW."tax_excluded_amount_value", NEW."tax_excluded_amount_unit"))
  EXECUTE FUNCTION "adjustment_rate_is_kept"();
