-- By hand. What identifies a bill number in its creditor reference (ISO 11649), as src/base/creditor-reference.ts has it.
-- Strips as rarely as it can: bills are written in bulk. A conversion to bytes would not be immutable; decode() is.
CREATE FUNCTION "creditor_reference_core"("number" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length("number") = length("number") AND "number" COLLATE "C" ~ '[0-9A-Za-z]'
      AND (length("number") <= 21 OR length(regexp_replace("number" COLLATE "C", '[^0-9A-Za-z]', '', 'g')) <= 21)
    THEN upper(regexp_replace("number" COLLATE "C", '[^0-9A-Za-z]', '', 'g'))
    ELSE upper(left(encode(sha256(decode(replace("number" COLLATE "C", '\', '\\'), 'escape')), 'hex'), 21)) END
$$;

CREATE INDEX "customer_bill_creditor_reference" ON "customer_bill"("tenant_id", "creditor_reference_core"("bill_no"))
  WHERE "bill_no" IS NOT NULL;
