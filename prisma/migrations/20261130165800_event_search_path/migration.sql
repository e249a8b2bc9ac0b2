-- Temporary tables of a caller come last: without its name, their schema is searched first.
ALTER FUNCTION "event_takes_positions"() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION "event_horizon"() SET search_path = pg_catalog, public, pg_temp;
