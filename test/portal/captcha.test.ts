import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CustomerWorld, setCaptcha, startCustomerWorld } from '../partner-api/customer-world.ts'
import { hasChromium, inChromium } from './chromium.ts'
import { visitor } from './visitor.ts'

const PAGE = '/portal/reset?tenant=demo'
const email = 'ada@example.com'
const TURNSTILE = { provider: 'turnstile', siteKey: 'the-site', secret: 's', action: 'reset' }
const OF_GOOGLE =
  'script-src https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/; frame-src ' +
  'https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/; connect-src ' +
  "https://www.google.com/recaptcha/; style-src-attr 'unsafe-inline'"
const HCAPTCHA = 'https://hcaptcha.com https://*.hcaptcha.com'

let world: CustomerWorld
let root: string
beforeAll(async () => {
  world = await startCustomerWorld('')
})
afterAll(() => world.close())
beforeEach(() => {
  world.verifier.asked.length = 0
  world.verifier.answer = { success: true, score: 0.9, action: 'reset' }
})

const policyOf = async (url: string) => String((await visitor(world.app).get(url)).headers['content-security-policy'])

describe('the page that mails a code', () => {
  test.each([undefined, { provider: 'off' }])('asks for nothing with the setting %j', async (setting) => {
    if (setting) await setCaptcha(world, setting)
    else await world.database.query('DELETE FROM "captcha"')
    const { statusCode, body, headers } = await visitor(world.app).send(PAGE, { email })
    expect([statusCode, body]).toEqual([200, expect.stringContaining('on its way')])
    expect(body).not.toContain('<script')
    expect(headers['content-security-policy']).not.toContain('script-src')
    expect(world.verifier.asked).toEqual([])
  })

  test('takes the response of the provider, and no request without one', async () => {
    await setCaptcha(world, TURNSTILE)
    const page = (await visitor(world.app).get(PAGE)).body
    expect(page).toContain('<div class="captcha cf-turnstile" data-sitekey="the-site" data-action="reset"></div>')
    expect(page).toMatch(/<noscript><p class="alert" role="alert">This step needs JavaScript/)
    const without = await visitor(world.app).send(PAGE, { email })
    expect([without.statusCode, without.body]).toEqual([400, expect.stringContaining('a person is there')])
    expect(without.body).toContain(`value="${email}"`)
    expect(world.verifier.asked).toEqual([])
    const sent = await visitor(world.app).send(PAGE, { email, 'cf-turnstile-response': 'proof' })
    expect([sent.statusCode, sent.body]).toEqual([200, expect.stringContaining('on its way')])
    expect(world.verifier.asked.map((form) => form.get('response'))).toEqual(['proof'])
    world.verifier.answer = { success: false, 'error-codes': ['timeout-or-duplicate'] }
    const again = await visitor(world.app).send(PAGE, { email, 'cf-turnstile-response': 'proof' })
    expect([again.statusCode, again.body]).toEqual([400, expect.stringContaining('a person is there')])
    world.verifier.answer = { success: false, 'error-codes': ['invalid-input-secret'] }
    const faulty = await visitor(world.app).send(PAGE, { email, 'cf-turnstile-response': 'proof' })
    expect([faulty.statusCode, faulty.body]).toEqual([503, expect.stringContaining('not available')])
  })

  test.each([
    ['turnstile', 'script-src https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com'],
    ['recaptchaV2', OF_GOOGLE],
    ['hcaptcha', `script-src ${HCAPTCHA}; frame-src ${HCAPTCHA}; connect-src ${HCAPTCHA}`]
  ])('may load from %s, and from nowhere else', async (provider, sources) => {
    await setCaptcha(world, { provider, siteKey: 'the-site', secret: 's' })
    const policy = await policyOf(PAGE)
    expect(policy).toContain(`form-action 'self'; ${sources}; base-uri 'none'`)
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/)
    for (const other of ['/portal/sign-in?tenant=demo', `${PAGE}&code=X`, '/portal/confirm?tenant=demo']) {
      expect(await policyOf(other)).not.toMatch(/script-src|https:/)
    }
  })
})

describe.skipIf(!hasChromium())('in Chromium', () => {
  /** Opens the page with a script in place of the provider's, and sends the form. Returns what was seen. */
  async function sendBy(script: string, javaScriptEnabled = true) {
    const seen = { violations: [] as string[], words: '' }
    await inChromium({ javaScriptEnabled, locale: 'en-GB' }, async (browser: BrowserContext) => {
      await browser.route(/^https:/, (route) => route.fulfill({ contentType: 'text/javascript', body: script }))
      const page = await browser.newPage()
      page.on('console', (message) => seen.violations.push(message.text()))
      await page.goto(root + PAGE)
      await page.getByLabel('E-mail address').fill(email)
      await page.waitForLoadState('load')
      if (javaScriptEnabled) await page.getByRole('button').click()
      seen.words = (await page.locator('[role=status], [role=alert]').first().textContent()) ?? ''
    })
    return seen
  }
  const responses = () => world.verifier.asked.map((form) => form.get('response'))

  beforeAll(async () => {
    root = await world.app.listen({ host: '127.0.0.1', port: 0 })
  })

  test('a widget of the provider fills in its response; without scripts the page says what is missing', async () => {
    await setCaptcha(world, TURNSTILE)
    const widget = `const field = document.createElement('input')
      field.type = 'hidden'
      field.name = 'cf-turnstile-response'
      field.value = 'proof of ' + document.querySelector('.cf-turnstile').dataset.sitekey
      document.querySelector('.cf-turnstile').append(field)`
    expect(await sendBy(widget)).toEqual({ violations: [], words: expect.stringContaining('on its way') })
    expect(responses()).toEqual(['proof of the-site'])
    expect((await sendBy(widget, false)).words).toContain('This step needs JavaScript')
  })

  test('recaptchaV3 is asked when the form is sent', async () => {
    await setCaptcha(world, { provider: 'recaptchaV3', siteKey: 'the-site', secret: 's', action: 'reset' })
    const library = `window.grecaptcha = {
      ready: (then) => then(),
      execute: async (site, { action }) => 'proof of ' + site + ' to ' + action
    }`
    expect(await sendBy(library)).toEqual({ violations: [], words: expect.stringContaining('on its way') })
    expect(responses()).toEqual(['proof of the-site to reset'])
    const failing = library.replace(/=> 'proof.*/, "=> { throw new Error('no such site') }")
    expect((await sendBy(failing)).words).toContain('a person is there')
  })
})
