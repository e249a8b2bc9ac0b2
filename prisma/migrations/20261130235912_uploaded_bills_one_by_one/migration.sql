-- By hand. Looks the bill of each row up by itself: the planner expects few bills of a transaction, and would compare
-- each of them with each row.
CREATE OR REPLACE FUNCTION "uploaded_bill_is_of_its_bill"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "rows" r LEFT JOIN LATERAL (SELECT b."partner_id", b.xmin AS "writer"
        FROM "customer_bill" b WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id" LIMIT 1) b ON TRUE
      WHERE b."writer" IS DISTINCT FROM pg_current_xact_id()::xid
        OR b."partner_id" IS DISTINCT FROM r."partner_id") THEN
    RETURN NULL;
  END IF;
  PERFORM FROM "rows" r JOIN "customer_bill" b ON b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
    FOR KEY SHARE OF b;
  IF EXISTS (SELECT FROM "rows" r WHERE NOT EXISTS (SELECT FROM "customer_bill" b
      WHERE b."tenant_id" = r."tenant_id" AND b."id" = r."bill_id"
        AND b."partner_id" IS NOT DISTINCT FROM r."partner_id")) THEN
    RAISE EXCEPTION 'the row of an uploaded bill is of a bill of its owner'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
