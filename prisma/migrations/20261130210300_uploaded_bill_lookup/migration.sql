-- By hand. Each new row looks its bill up: a plan from when the table was small would read all bills for each upload,
-- until the next ANALYZE.
ALTER FUNCTION "uploaded_bill_is_of_its_bill"() SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
