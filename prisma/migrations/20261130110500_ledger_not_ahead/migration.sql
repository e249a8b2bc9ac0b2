-- Nothing is posted before what an account was posted last. One entry from a clock that is years ahead would take
-- everything after it along, so none is accepted that is ahead of the database's own clock by more than a moment.
CREATE OR REPLACE FUNCTION "ledger_is_balanced"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "entries" GROUP BY "tenant_id", "journal_id", "currency" HAVING sum("amount") <> 0) THEN
    RAISE EXCEPTION 'a journal does not sum to zero' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM "entries" WHERE "posted_at" > clock_timestamp() + interval '1 hour') THEN
    RAISE EXCEPTION 'the account has entries that are ahead of the clock of the database, or the process is'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_not_ahead';
  END IF;
  RETURN NULL;
END $$;
