-- AlterTable
ALTER TABLE "event_replay" ADD COLUMN     "event_from" TIMESTAMPTZ(3),
ADD COLUMN     "event_until" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "event_tenant_id_event_time_idx" ON "event"("tenant_id", "event_time");

-- A replay has all events between two positions, or those of a period.
ALTER TABLE "event_replay" ADD CONSTRAINT "event_replay_period"
  CHECK (("event_from" IS NULL) = ("event_until" IS NULL));
-- Dead letters that are too old, of all tenants.
CREATE INDEX "event_delivery_dead_at" ON "event_delivery"("dead_at") WHERE "dead_at" IS NOT NULL;
