import { z } from 'zod'

export const CAPTCHA_PROVIDERS = ['recaptchaV2', 'recaptchaV3', 'hcaptcha', 'turnstile'] as const
export type CaptchaProvider = (typeof CAPTCHA_PROVIDERS)[number]

interface Provider {
  /** Where answers are verified; every provider takes a form with the secret and the response. */
  readonly verifyUrl: string
  /** Rates visitors instead of asking them. */
  readonly hasScore: boolean
  /** Says for which action of the page the answer was made. */
  readonly hasAction: boolean
}

const RECAPTCHA = 'https://www.google.com/recaptcha/api/siteverify'

export const PROVIDERS: Readonly<Record<CaptchaProvider, Provider>> = {
  recaptchaV2: { verifyUrl: RECAPTCHA, hasScore: false, hasAction: false },
  recaptchaV3: { verifyUrl: RECAPTCHA, hasScore: true, hasAction: true },
  hcaptcha: { verifyUrl: 'https://api.hcaptcha.com/siteverify', hasScore: false, hasAction: false },
  turnstile: {
    verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    hasScore: false,
    hasAction: true
  }
}

/** The result of a verification, by any of the providers. */
export const VERDICT = z.object({
  success: z.boolean(),
  score: z.number().optional(),
  action: z.string().optional(),
  hostname: z.string().optional(),
  'error-codes': z.array(z.string()).default([])
})
export type Verdict = z.output<typeof VERDICT>

/** Used already, or too old; the providers tell these two apart in part only. */
export const REPLAYED: readonly string[] = [
  'timeout-or-duplicate',
  'already-seen-response',
  'invalid-or-already-seen-response',
  'expired-input-response'
]
/** The secret is not that of the site: the fault is the tenant's, not the visitor's. */
export const OF_SECRET: readonly string[] = [
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'not-using-dummy-passcode'
]
export const OF_PROVIDER: readonly string[] = ['internal-error', 'bad-request']
