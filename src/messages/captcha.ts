import { is, messages } from './message.ts'

/** Proofs that a person is there. */
export const CAPTCHAS = messages('captcha', {
  notSet: is.conflict`This needs a captcha, and the provider has set none; PUT ${'/admin/v1/captcha'} sets one, or says
    that there is none`,
  none: is.notFound`This provider has set no captcha yet`,
  missing: is.badRequest`google_captcha is required: the answer of the captcha of ${'recaptchaV3'}`,
  refused: is.badRequest`google_captcha is refused: it is no answer of this captcha`,
  replayed: is.badRequest`google_captcha was used already or has expired; solve the captcha again`,
  otherAction: is.badRequest`google_captcha was made for another action than ${'register'}`,
  otherHost: is.badRequest`google_captcha was made on another host than ${'portal.example.com'}`,
  lowScore: is.badRequest`google_captcha has a score below ${'0.5'}: it looks like a program`,
  unavailable: is.unavailable`The captcha cannot be checked: its provider does not answer as it should; try again
    later`,
  misconfigured: is.unavailable`The captcha cannot be checked: its provider refuses the secret that is set here`,
  settings: is.invalidField`${'$.secret is required, unless one is set for this provider already'}`
})
