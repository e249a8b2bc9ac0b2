-- CreateTable
CREATE TABLE "event_listener" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "partner_id" TEXT COLLATE "C",
    "version" INTEGER NOT NULL DEFAULT 1,
    "extension" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "at_type" TEXT COLLATE "C",
    "at_base_type" TEXT COLLATE "C",
    "at_schema_location" TEXT COLLATE "C",
    "last_update" TIMESTAMPTZ(3) NOT NULL,
    "callback" TEXT COLLATE "C" NOT NULL,
    "query" TEXT COLLATE "C",
    "subscription_hash" TEXT COLLATE "C" NOT NULL,
    "is_suffixed" BOOLEAN NOT NULL,
    "header_names" JSONB,
    "headers" TEXT COLLATE "C",
    "secret" TEXT COLLATE "C" NOT NULL,
    "previous_secret" TEXT COLLATE "C",
    "previous_secret_until" TIMESTAMPTZ(3),
    "starts_from" TIMESTAMPTZ(3),
    "state" TEXT COLLATE "C" NOT NULL,
    "state_reason" TEXT COLLATE "C",

    CONSTRAINT "event_listener_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "event_progress" (
    "tenant_id" TEXT COLLATE "C" NOT NULL,
    "listener_id" TEXT COLLATE "C" NOT NULL,
    "position" BIGINT NOT NULL,
    "leased_by" TEXT COLLATE "C",
    "leased_until" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "retry_at" TIMESTAMPTZ(3),

    CONSTRAINT "event_progress_pkey" PRIMARY KEY ("tenant_id","listener_id")
);

-- AddForeignKey
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_tenant_id_partner_id_fkey" FOREIGN KEY ("tenant_id", "partner_id") REFERENCES "partner"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event_progress" ADD CONSTRAINT "event_progress_tenant_id_listener_id_fkey" FOREIGN KEY ("tenant_id", "listener_id") REFERENCES "event_listener"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

CREATE INDEX "event_listener_partner_idx" ON "event_listener"("tenant_id", "partner_id", "id") WHERE "partner_id" IS NOT NULL;

-- An owner, a partner or the tenant itself, subscribes a callback to a query once. The callback is too long for an index.
CREATE UNIQUE INDEX "event_listener_once" ON "event_listener"("tenant_id", coalesce("partner_id", ''), "subscription_hash");

ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_callback" CHECK ("callback" ~ '^https?://');
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_state" CHECK ("state" IN ('active', 'paused', 'suspended', 'ended'));
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_state_reason"
  CHECK (("state" IN ('suspended', 'ended')) = ("state_reason" IS NOT NULL));
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_sealed" CHECK (starts_with("secret", 'v1.')
  AND ("headers" IS NULL OR starts_with("headers", 'v1.'))
  AND ("previous_secret" IS NULL OR starts_with("previous_secret", 'v1.')));
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_header_names"
  CHECK (("headers" IS NULL) = ("header_names" IS NULL));
ALTER TABLE "event_listener" ADD CONSTRAINT "event_listener_previous_secret"
  CHECK (("previous_secret" IS NULL) = ("previous_secret_until" IS NULL));
ALTER TABLE "event_progress" ADD CONSTRAINT "event_progress_position" CHECK ("position" >= 0);
ALTER TABLE "event_progress" ADD CONSTRAINT "event_progress_lease" CHECK (("leased_by" IS NULL) = ("leased_until" IS NULL));
ALTER TABLE "event_progress" ADD CONSTRAINT "event_progress_failures" CHECK ("failures" >= 0);
