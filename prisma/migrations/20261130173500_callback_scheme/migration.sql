-- Letter case means nothing in the scheme of an address.
ALTER TABLE "event_listener" DROP CONSTRAINT "event_listener_callback";
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_callback" CHECK ("callback" ~* '^https?://');
