-- Events as lists filter and sort them: with the columns that every resource has, and the payload under the name that
-- it has for its readers.
CREATE VIEW "event_list" AS
SELECT "tenant_id", "partner_id", "id", 1 AS "version", NULL::jsonb AS "extension", "event_type", "event_time",
  "correlation_id", "resource_version", "position", jsonb_build_object("resource_path", "document") AS "event",
  NULL::text COLLATE "C" AS "at_type",
  NULL::text COLLATE "C" AS "at_base_type", NULL::text COLLATE "C" AS "at_schema_location"
FROM "event";
