import type { Language } from '../../base/language.ts'
import type { Queryable } from '../../db/database.ts'
import type { CaptchaProvider } from './providers.ts'
import { readCaptcha } from './settings.ts'

/** Sources by directive of Content-Security-Policy. */
export type Sources = Readonly<Record<string, readonly string[]>>

/** A captcha on a page. */
export interface Widget {
  readonly siteKey: string
  readonly action: string | undefined
  /** The address of the provider's script. */
  readonly script: string
  /** The class of the element that the script fills; undefined if the page must ask for the response itself. */
  readonly className: string | undefined
  /** The field of the form with the response. */
  readonly field: string
  readonly sources: Sources
}

type Maker = (siteKey: string, language: Language) => Omit<Widget, 'siteKey' | 'action'>

const GOOGLE = 'https://www.google.com/recaptcha/'
/** As Google, hCaptcha and Cloudflare document them; the widget of Google has styles in its attributes. */
const OF_GOOGLE: Sources = {
  'script-src': [GOOGLE, 'https://www.gstatic.com/recaptcha/'],
  'frame-src': [GOOGLE, 'https://recaptcha.google.com/recaptcha/'],
  'connect-src': [GOOGLE],
  'style-src-attr': ["'unsafe-inline'"]
}
const HCAPTCHA = ['https://hcaptcha.com', 'https://*.hcaptcha.com']
const CLOUDFLARE = 'https://challenges.cloudflare.com'

const MAKERS: Readonly<Record<CaptchaProvider, Maker>> = {
  recaptchaV2: (_, language) => ({
    script: `${GOOGLE}api.js?hl=${language}`,
    className: 'g-recaptcha',
    field: 'g-recaptcha-response',
    sources: OF_GOOGLE
  }),
  recaptchaV3: (siteKey, language) => ({
    script: `${GOOGLE}api.js?render=${encodeURIComponent(siteKey)}&hl=${language}`,
    className: undefined,
    field: 'g-recaptcha-response',
    sources: OF_GOOGLE
  }),
  hcaptcha: (_, language) => ({
    script: `https://js.hcaptcha.com/1/api.js?hl=${language}`,
    className: 'h-captcha',
    field: 'h-captcha-response',
    sources: { 'script-src': HCAPTCHA, 'frame-src': HCAPTCHA, 'style-src': HCAPTCHA, 'connect-src': HCAPTCHA }
  }),
  turnstile: () => ({
    script: `${CLOUDFLARE}/turnstile/v0/api.js`,
    className: 'cf-turnstile',
    field: 'cf-turnstile-response',
    sources: { 'script-src': [CLOUDFLARE], 'frame-src': [CLOUDFLARE] }
  })
}

/** Returns how to ask visitors of a tenant's pages; undefined if it asks for no captcha. */
export async function readWidget(
  queryable: Queryable,
  tenantId: string,
  language: Language
): Promise<Widget | undefined> {
  const setting = await readCaptcha(queryable, tenantId)
  if (setting?.siteKey === undefined || setting.provider === 'off') return undefined
  const { provider, siteKey, action } = setting
  return { siteKey, action, ...MAKERS[provider](siteKey, language) }
}
