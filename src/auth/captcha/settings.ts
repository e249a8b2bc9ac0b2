import { type Recorder, recordChange } from '../../audit/record.ts'
import type { Instant } from '../../base/instant.ts'
import { type Place, type SecretKeys, seal, unseal } from '../../base/secret-keys.ts'
import type { Queryable, Transaction } from '../../db/database.ts'
import { decimal, instant, oneOf, optional, rowOf, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import { CAPTCHA_PROVIDERS } from './providers.ts'

export const CAPTCHA_CHOICES = [...CAPTCHA_PROVIDERS, 'off'] as const

const SETTING = rowOf('captcha', {
  id: text,
  provider: oneOf(CAPTCHA_CHOICES),
  siteKey: optional(text),
  minScore: optional(decimal),
  action: optional(text),
  hostname: optional(text),
  lastUpdate: instant,
  secret: optional(text)
})

/** How a tenant tells people from programs; the secret is sealed. */
export type CaptchaSetting = ReturnType<typeof SETTING.read>

/** As an administrator sets it; the score is a decimal from 0 to 1. */
export interface NewCaptcha {
  readonly provider: CaptchaSetting['provider']
  readonly siteKey?: string | undefined
  readonly secret?: string | undefined
  readonly minScore?: number | undefined
  readonly action?: string | undefined
  readonly hostname?: string | undefined
}

/** Undefined for a tenant that has set none. */
export async function readCaptcha(queryable: Queryable, tenantId: string): Promise<CaptchaSetting | undefined> {
  const { rows } = await queryable.run(
    prepared`SELECT ${SETTING.columns} FROM "captcha" WHERE "tenant_id" = ${tenantId}`
  )
  return rows.map(SETTING.read)[0]
}

export function captchaSecret(secrets: SecretKeys, tenantId: string, { id, secret = '' }: CaptchaSetting): string {
  return unseal(secrets, placeOf(tenantId, id), secret)
}

/** Sets the captcha of the author's tenant. Without a secret, that of the same provider stays. */
export async function setCaptcha(
  tx: Transaction,
  context: Recorder,
  secrets: SecretKeys,
  { secret, ...setting }: NewCaptcha,
  now: Instant
): Promise<CaptchaSetting> {
  const { tenantId } = context.author
  const before = await readCaptcha(tx, tenantId)
  const id = before?.id ?? context.newId()
  const kept = setting.provider === before?.provider ? before.secret : undefined
  const sealed = secret === undefined ? kept : seal(secrets, placeOf(tenantId, id), secret)
  const { provider, siteKey, minScore, action, hostname } = setting
  const changed = await tx.run(prepared`INSERT INTO "captcha" ("tenant_id", "id", "provider", "site_key", "secret",
        "min_score", "action", "hostname", "last_update")
      VALUES (${tenantId}, ${id}, ${provider}, ${siteKey}, ${sealed}, ${minScore}, ${action}, ${hostname}, ${now})
      ON CONFLICT ("tenant_id", "id") DO UPDATE SET "provider" = EXCLUDED."provider",
        "site_key" = EXCLUDED."site_key", "secret" = EXCLUDED."secret", "min_score" = EXCLUDED."min_score",
        "action" = EXCLUDED."action", "hostname" = EXCLUDED."hostname", "last_update" = EXCLUDED."last_update"
      RETURNING ${SETTING.columns}`)
  const after = { ...setting, secret }
  await recordChange(tx, context, { action: 'patch', resourceType: 'Captcha', resourceId: id, before, after }, now)
  return SETTING.one(changed)
}

function placeOf(tenantId: string, id: string): Place {
  return { table: 'captcha', column: 'secret', tenantId, id }
}
