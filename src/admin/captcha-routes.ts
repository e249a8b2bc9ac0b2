import { z } from 'zod'
import { PROVIDERS } from '../auth/captcha/providers.ts'
import {
  CAPTCHA_CHOICES,
  type CaptchaSetting,
  type NewCaptcha,
  readCaptcha,
  setCaptcha
} from '../auth/captcha/settings.ts'
import type { SecretKeys } from '../base/secret-keys.ts'
import { CAPTCHAS } from '../messages/captcha.ts'
import { FIELDS } from '../messages/field.ts'
import type { EndpointDescription } from '../tmf/openapi/endpoint.ts'
import { INSTANT, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { anyQuery, type Endpoint, endpoint, noBody } from '../tmf/serving/endpoint.ts'

export interface CaptchaRoutes {
  readonly secrets: () => SecretKeys
}

const LINE = /^[!-~]{1,256}$/
const LINE_RULE = FIELDS.pattern(LINE.source)
const SCORE_RULE = FIELDS.tooLarge(1)

const line = z.string({ error: LINE_RULE }).regex(LINE, { error: LINE_RULE }).optional()

const SETTING = z.strictObject({
  provider: z
    .enum(CAPTCHA_CHOICES, { error: FIELDS.oneOf(CAPTCHA_CHOICES) })
    .meta({ description: 'Who checks that a person is there; `off` goes without' }),
  siteKey: line.meta({ description: 'The key that pages show' }),
  secret: line.meta({ description: 'The key of the server; it is stored sealed and never returned' }),
  minScore: z
    .number({ error: FIELDS.number() })
    .min(0, { error: FIELDS.tooSmall(0) })
    .max(1, { error: SCORE_RULE })
    .optional()
    .meta({ description: 'The least score of recaptchaV3; 0.5 by default' }),
  action: line.meta({ description: 'The action that pages name to recaptchaV3 or turnstile; any by default' }),
  hostname: line.meta({ description: 'The host of the pages; any by default' })
})

export const CAPTCHA_SCHEMA = objectOf(
  {
    provider: { type: 'string', enum: CAPTCHA_CHOICES },
    siteKey: TEXT,
    hasSecret: { type: 'boolean', description: 'Whether a secret is stored' },
    minScore: { type: 'number' },
    action: TEXT,
    hostname: TEXT,
    lastUpdate: INSTANT
  },
  ['siteKey', 'minScore', 'action', 'hostname']
)

const ABOUT = {
  tag: 'tenant',
  path: '/captcha',
  access: { scopes: ['admin'], supportsProxy: false },
  query: anyQuery,
  replies: { 200: { description: 'The setting, without its secret', schema: schemaRef('Captcha') } }
} as const satisfies Partial<EndpointDescription>

/** The captcha of the requester's tenant. */
export function captchaEndpoints({ secrets }: CaptchaRoutes): readonly Endpoint[] {
  return [
    endpoint({
      ...ABOUT,
      method: 'GET',
      operationId: 'retrieveCaptcha',
      summary: 'Read the captcha of the tenant',
      description: 'The setting by which registrations and links of customers are kept from programs.',
      body: noBody,
      failures: [404],
      handle: async ({ view }, { database }) => {
        const found = await readCaptcha(database, view.tenantId)
        if (!found) throw CAPTCHAS.none()
        return { json: represent(found) }
      }
    }),
    endpoint({
      ...ABOUT,
      method: 'PUT',
      operationId: 'setCaptcha',
      summary: 'Set the captcha of the tenant',
      description: `Replaces the setting. Without a \`secret\` that of the same provider stays. Until a tenant has set
one, or says \`off\`, its customers cannot register.`,
      body: SETTING,
      examples: {
        recaptcha: { value: { provider: 'recaptchaV3', siteKey: 'site', secret: 'secret', minScore: 0.7 } },
        off: { value: { provider: 'off' } }
      },
      handle: async ({ body, view, author }, { database, newId, clock }) => {
        const set = await database.transaction(async (tx) => {
          requireWhole(body, await readCaptcha(tx, view.tenantId))
          return setCaptcha(tx, { author, newId }, secrets(), body, clock())
        })
        return { json: represent(set) }
      }
    })
  ]
}

function requireWhole(setting: NewCaptcha, before: CaptchaSetting | undefined): void {
  const { provider, siteKey, secret, minScore, action } = setting
  const given = Object.entries(setting).filter(([, value]) => value !== undefined)
  const path = (name: string, fault: string) => CAPTCHAS.settings(`$.${name} ${fault}`)
  if (provider === 'off') {
    const extra = given.find(([name]) => name !== 'provider')
    if (extra) throw path(extra[0], 'must not be set with off')
    return
  }
  const { hasScore, hasAction } = PROVIDERS[provider]
  if (siteKey === undefined) throw path('siteKey', `is required for ${provider}`)
  if (secret === undefined && before?.provider !== provider) throw path('secret', `is required for ${provider}`)
  if (minScore !== undefined && !hasScore) throw path('minScore', 'is for recaptchaV3 only')
  if (action !== undefined && !hasAction) throw path('action', 'is for recaptchaV3 and turnstile only')
}

function represent({ id: _, secret, minScore, ...setting }: CaptchaSetting): string {
  const score = minScore === undefined ? {} : { minScore: Number(minScore) }
  return JSON.stringify({ ...setting, ...score, hasSecret: secret !== undefined })
}
