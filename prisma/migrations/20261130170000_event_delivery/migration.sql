-- CreateTable
CREATE TABLE "event_delivery" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "listener_id" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT COLLATE "C" NOT NULL,
    "position" BIGINT NOT NULL,
    "lane" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "retry_at" TIMESTAMPTZ(3),
    "dead_at" TIMESTAMPTZ(3),

    CONSTRAINT "event_delivery_pkey" PRIMARY KEY ("tenant_id","listener_id","event_id")
);

-- CreateTable
CREATE TABLE "event_replay" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "listener_id" TEXT COLLATE "C" NOT NULL,
    "position" BIGINT NOT NULL,
    "until_position" BIGINT NOT NULL,
    "event_types" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_replay_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "event_attempt" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "listener_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT COLLATE "C" NOT NULL,
    "event_type" TEXT COLLATE "C" NOT NULL,
    "attempted_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status" INTEGER,
    "fault" TEXT COLLATE "C",
    "answer" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "event_attempt_pkey" PRIMARY KEY ("tenant_id","listener_id","id")
);

-- CreateIndex
CREATE INDEX "event_delivery_tenant_id_listener_id_state_position_idx" ON "event_delivery"("tenant_id", "listener_id", "state", "position");

-- CreateIndex
CREATE INDEX "event_delivery_tenant_id_event_id_idx" ON "event_delivery"("tenant_id", "event_id");

-- CreateIndex
CREATE INDEX "event_replay_tenant_id_listener_id_id_idx" ON "event_replay"("tenant_id", "listener_id", "id");

-- CreateIndex
CREATE INDEX "event_attempt_attempted_at_idx" ON "event_attempt"("attempted_at");

-- CreateIndex
CREATE INDEX "event_attempt_tenant_id_event_id_idx" ON "event_attempt"("tenant_id", "event_id");

-- AddForeignKey
ALTER TABLE "event_delivery" ADD CONSTRAINT "event_delivery_tenant_id_listener_id_fkey" FOREIGN KEY ("tenant_id", "listener_id") REFERENCES "event_listener"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event_delivery" ADD CONSTRAINT "event_delivery_tenant_id_event_id_fkey" FOREIGN KEY ("tenant_id", "event_id") REFERENCES "event"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event_replay" ADD CONSTRAINT "event_replay_tenant_id_listener_id_fkey" FOREIGN KEY ("tenant_id", "listener_id") REFERENCES "event_listener"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event_attempt" ADD CONSTRAINT "event_attempt_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Deliveries that are due, of all listeners.
CREATE INDEX "event_delivery_due" ON "event_delivery"("retry_at") WHERE "state" = 'waiting' AND "retry_at" IS NOT NULL;

-- A waiting delivery without a time waits for an earlier one of its lane.
ALTER TABLE "event_delivery" ADD CONSTRAINT "event_delivery_state" CHECK ("state" IN ('waiting', 'dead'));
ALTER TABLE "event_delivery" ADD CONSTRAINT "event_delivery_dead"
  CHECK (("state" = 'dead') = ("dead_at" IS NOT NULL) AND ("state" = 'waiting' OR "retry_at" IS NULL));
ALTER TABLE "event_delivery" ADD CONSTRAINT "event_delivery_failures"
  CHECK ("failures" >= 0 AND ("failures" > 0) = ("failing_since" IS NOT NULL));
ALTER TABLE "event_replay" ADD CONSTRAINT "event_replay_positions"
  CHECK ("position" >= 0 AND "position" < "until_position");
-- Without a status no answer came.
ALTER TABLE "event_attempt" ADD CONSTRAINT "event_attempt_outcome" CHECK ("duration_ms" >= 0
  AND CASE WHEN "status" BETWEEN 200 AND 299 THEN "fault" IS NULL ELSE "fault" IS NOT NULL END);

CREATE FUNCTION "event_attempt_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an attempt is never changed' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'event_attempt_is_kept';
END $$;
CREATE TRIGGER "event_attempt_is_kept" BEFORE UPDATE OR TRUNCATE ON "event_attempt"
  FOR EACH STATEMENT EXECUTE FUNCTION "event_attempt_is_kept"();

-- A cursor never goes back: what it has passed is delivered, or an exception.
CREATE FUNCTION "event_progress_goes_on"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the progress of a listener never goes back' USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = 'event_progress_goes_on';
END $$;
CREATE TRIGGER "event_progress_goes_on" BEFORE UPDATE OF "position" ON "event_progress"
  FOR EACH ROW WHEN (NEW."position" < OLD."position") EXECUTE FUNCTION "event_progress_goes_on"();

-- An event stays until each listener that has not ended has passed it. The foreign key of event_delivery keeps those
-- that wait or are dead letters.
CREATE FUNCTION "event_is_kept_until_passed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "removed" e JOIN "event_progress" p ON p."tenant_id" = e."tenant_id"
      AND p."position" < e."position" JOIN "event_listener" l ON l."tenant_id" = p."tenant_id"
      AND l."id" = p."listener_id" WHERE l."state" <> 'ended')
    OR EXISTS (SELECT FROM "removed" e JOIN "event_replay" r ON r."tenant_id" = e."tenant_id"
      AND e."position" > r."position" AND e."position" <= r."until_position" JOIN "event_listener" l
      ON l."tenant_id" = r."tenant_id" AND l."id" = r."listener_id" WHERE l."state" <> 'ended') THEN
    RAISE EXCEPTION 'an event is kept until each listener has got it' USING ERRCODE = 'integrity_constraint_violation',
      CONSTRAINT = 'event_is_kept_until_passed';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "event_is_kept_until_passed" AFTER DELETE ON "event" REFERENCING OLD TABLE AS "removed"
  FOR EACH STATEMENT EXECUTE FUNCTION "event_is_kept_until_passed"();
