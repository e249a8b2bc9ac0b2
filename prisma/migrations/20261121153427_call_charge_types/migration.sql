-- CreateTable
CREATE TABLE "call_charge_types" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "types" JSONB NOT NULL,

    CONSTRAINT "call_charge_types_pkey" PRIMARY KEY ("tenant_id","since")
);

-- AddForeignKey
ALTER TABLE "call_charge_types" ADD CONSTRAINT "call_charge_types_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- By hand from here: what the schema cannot declare.

-- The first types hold for all that was ever posted, later ones from the moment of the change on, even when the clock
-- was set back meanwhile.
CREATE FUNCTION "keep_call_charge_types"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "latest" timestamptz := (SELECT max("since") FROM "call_charge_types" WHERE "tenant_id" = NEW."id");
BEGIN
  INSERT INTO "call_charge_types" ("tenant_id", "since", "types") VALUES (NEW."id",
    CASE WHEN "latest" IS NULL THEN '-infinity'
      ELSE greatest(clock_timestamp(), "latest" + interval '1 millisecond') END,
    NEW."call_charge_types");
  RETURN NULL;
END $$;
CREATE TRIGGER "tenant_call_charge_types_first" AFTER INSERT ON "tenant"
  FOR EACH ROW EXECUTE FUNCTION "keep_call_charge_types"();
CREATE TRIGGER "tenant_call_charge_types_changed" AFTER UPDATE OF "call_charge_types" ON "tenant"
  FOR EACH ROW WHEN (NEW."call_charge_types" <> OLD."call_charge_types")
  EXECUTE FUNCTION "keep_call_charge_types"();

-- What held once was held: statements of the past rest on it.
CREATE FUNCTION "call_charge_types_are_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what counted as a call does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "call_charge_types_immutable" BEFORE UPDATE OR DELETE ON "call_charge_types"
  FOR EACH STATEMENT EXECUTE FUNCTION "call_charge_types_are_immutable"();

-- What tenants count as calls now, they always did.
INSERT INTO "call_charge_types" ("tenant_id", "since", "types")
  SELECT "id", '-infinity', "call_charge_types" FROM "tenant";
