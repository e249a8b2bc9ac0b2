-- The pause of a listener has a member of its own beside the state.
ALTER TABLE "event_listener" ADD COLUMN "is_paused" BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE "event_listener" SET "is_paused" = TRUE WHERE "state" = 'paused';
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_paused" CHECK ("is_paused" = ("state" = 'paused'));
