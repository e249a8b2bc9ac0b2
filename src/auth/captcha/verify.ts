import type { SecretKeys } from '../../base/secret-keys.ts'
import type { Queryable } from '../../db/database.ts'
import { CAPTCHAS } from '../../messages/captcha.ts'
import type { Problem } from '../../messages/problem.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import {
  type CaptchaProvider,
  OF_PROVIDER,
  OF_SECRET,
  PROVIDERS,
  REPLAYED,
  VERDICT,
  type Verdict
} from './providers.ts'
import { type CaptchaSetting, captchaSecret, readCaptcha } from './settings.ts'

export interface CaptchaContext {
  readonly database: Queryable
  readonly secrets: () => SecretKeys
  /** In place of the provider's own address. */
  readonly captchaUrl: string | undefined
}

const TIMEOUT_MS = 5_000
const ANSWER_MAX_BYTES = 16_384
const RESPONSE_MAX_LENGTH = 8_192
const RETRY_AFTER_S = '10'
const MIN_SCORE = '0.5'
const SETTING_PATH = '/admin/v1/captcha'

/**
 * Checks the response of a tenant's captcha at its provider, unless the tenant says that it has none. Throws `conflict`
 * without a setting, `badRequest` for a response that is no proof, and `unavailable` while the provider fails.
 */
export async function requirePerson(
  context: CaptchaContext,
  tenantId: string,
  response: string | undefined
): Promise<void> {
  const setting = await readCaptcha(context.database, tenantId)
  if (!setting) throw CAPTCHAS.notSet(SETTING_PATH)
  await verify(context, tenantId, setting, response)
}

/** The same for a page, which asks for nothing without a setting. */
export async function requireVisitor(
  context: CaptchaContext,
  tenantId: string,
  response: string | undefined
): Promise<void> {
  const setting = await readCaptcha(context.database, tenantId)
  if (setting) await verify(context, tenantId, setting, response)
}

async function verify(
  context: CaptchaContext,
  tenantId: string,
  setting: CaptchaSetting,
  response: string | undefined
): Promise<void> {
  const { provider } = setting
  if (provider === 'off') return
  if (response === undefined || response === '') throw CAPTCHAS.missing(provider)
  if (response.length > RESPONSE_MAX_LENGTH) throw CAPTCHAS.refused()
  const secret = captchaSecret(context.secrets(), tenantId, setting)
  const form = new URLSearchParams({ secret, response, ...(setting.siteKey && { sitekey: setting.siteKey }) })
  const verdict = await ask(context.captchaUrl ?? PROVIDERS[provider].verifyUrl, form).catch((error: unknown) => {
    throw unavailable(error)
  })
  requireSuccess(verdict)
  requireMatch(setting, provider, verdict)
}

/** The secret goes in the body, to the one configured address. */
async function ask(url: string, body: URLSearchParams): Promise<Verdict> {
  requireNoTransaction('The provider of the captcha')
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal })
  if (!answer.ok) throw new Error(`the provider of the captcha answers ${answer.status}`)
  return VERDICT.parse(JSON.parse(await textOf(answer)))
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > ANSWER_MAX_BYTES) throw new Error('the provider of the captcha answers at too great length')
  }
  return Buffer.concat(chunks).toString('utf8')
}

function requireSuccess({ success, 'error-codes': codes }: Verdict): void {
  if (success) return
  const has = (ones: readonly string[]) => codes.some((code) => ones.includes(code))
  if (has(OF_SECRET)) throw CAPTCHAS.misconfigured().with({ 'Retry-After': RETRY_AFTER_S })
  if (has(OF_PROVIDER)) throw unavailable(new Error('the provider of the captcha reports a fault of its own'))
  throw has(REPLAYED) ? CAPTCHAS.replayed() : CAPTCHAS.refused()
}

function requireMatch(
  { action, hostname, minScore = MIN_SCORE }: CaptchaSetting,
  provider: CaptchaProvider,
  verdict: Verdict
): void {
  const { hasAction, hasScore } = PROVIDERS[provider]
  if (hostname !== undefined && verdict.hostname !== hostname) throw CAPTCHAS.otherHost(hostname)
  if (hasAction && action !== undefined && verdict.action !== action) throw CAPTCHAS.otherAction(action)
  if (hasScore && !((verdict.score ?? 0) >= Number(minScore))) throw CAPTCHAS.lowScore(minScore)
}

function unavailable(cause: unknown): Problem {
  return CAPTCHAS.unavailable().with({ 'Retry-After': RETRY_AFTER_S }).because(cause)
}
