-- Earlier events are numbered in the order of their ids. No version was kept: each event of a resource had a version of
-- its own, so that their count never exceeds it.
ALTER TABLE "event" ADD COLUMN "position" BIGINT, ADD COLUMN "resource_version" INTEGER,
  ADD COLUMN "correlation_id" TEXT COLLATE "C";
UPDATE "event" e SET "position" = x."position", "resource_version" = x."version"
FROM (SELECT "tenant_id", "id", row_number() OVER (ORDER BY "id", "tenant_id") AS "position",
    row_number() OVER (PARTITION BY "tenant_id", "resource_path", "resource_id" ORDER BY "id") AS "version"
  FROM "event") x
WHERE e."tenant_id" = x."tenant_id" AND e."id" = x."id";
ALTER TABLE "event" ALTER COLUMN "position" SET NOT NULL, ALTER COLUMN "resource_version" SET NOT NULL;
-- An identity, other than a serial, needs no right on its sequence. Nothing but the sequence assigns a position.
ALTER TABLE "event" ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY;
-- The sequence counts as called: positions beyond its last value are not assigned yet.
SELECT setval(pg_get_serial_sequence('"event"', 'position'), (SELECT greatest(max("position"), 1) FROM "event"), true);

-- Nobody asks for the events of one resource; readers follow the positions.
DROP INDEX "event_tenant_id_resource_id_id_idx";
CREATE UNIQUE INDEX "event_tenant_id_position_key" ON "event"("tenant_id", "position");

CREATE FUNCTION "event_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an event is never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "event_append_only" BEFORE UPDATE OR TRUNCATE ON "event"
  FOR EACH STATEMENT EXECUTE FUNCTION "event_is_append_only"();

-- Positions are assigned before their transactions commit, in any order: a reader that follows them must not pass one
-- that may still commit. So each statement that adds events, before it takes a position, takes a shared lock whose
-- number says where the sequence stood: the number of the lock (see src/db/locks.ts) times 2^40 plus the last value.
-- The locks exclude nobody; they end with their transactions, after what was committed is visible.
CREATE FUNCTION "event_takes_positions"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared((678007::bigint << 40) + s."last_value") FROM public."event_position_seq" s;
  RETURN NULL;
END $$;
CREATE TRIGGER "event_positions" BEFORE INSERT ON "event"
  FOR EACH STATEMENT EXECUTE FUNCTION "event_takes_positions"();

-- Returns the position up to which a later statement, with a later snapshot, sees every event that will ever be there.
-- Reads the sequence first: whoever takes a lock after that takes positions beyond it.
CREATE FUNCTION "event_horizon"() RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
  assigned bigint;
  open bigint;
BEGIN
  SELECT s."last_value" INTO assigned FROM public."event_position_seq" s;
  SELECT min(((l.classid::bigint << 32) + l.objid::bigint) & ((1::bigint << 40) - 1)) INTO open FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND l.classid::bigint >> 8 = 678007
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
  RETURN least(assigned, open);
END $$;
