import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { KEYS, OTHER_TENANT } from '../support/database.ts'
import { type CustomerWorld, setCaptcha, startCustomerWorld } from './customer-world.ts'

const V3 = { provider: 'recaptchaV3', siteKey: 'site', secret: 'of-the-site', minScore: 0.7, action: 'register' }
const OK = { success: true, score: 0.9, action: 'register', hostname: 'portal.example.com' }

let world: CustomerWorld
beforeAll(async () => {
  world = await startCustomerWorld()
})
afterAll(() => world.close())

const ask = (captcha?: string, method = 'customer/resetPassword', more: object = { email: 'ada@example.com' }) =>
  world.ask('POST', method, { ...more, ...(captcha !== undefined && { google_captcha: captcha }) })

async function told(answer: unknown, status = 200) {
  Object.assign(world.verifier, { answer, status, asked: [] })
  // Budgets are tested elsewhere.
  await world.database.run(sql`DELETE FROM "throttle"`)
  const { status: code, body } = await ask('response')
  return [code, body.message ?? 'ok']
}

test('is asked for by every method, before anything is looked up', async () => {
  expect((await setCaptcha(world, V3)).body).toEqual({
    provider: 'recaptchaV3',
    siteKey: 'site',
    minScore: 0.7,
    action: 'register',
    hasSecret: true,
    lastUpdate: expect.any(String)
  })
  const methods: [string, object][] = [
    ['customer', { email: 'x@example.com', name: 'X' }],
    ['customer/confirmEmail', { email: 'x@example.com', code: 'X' }],
    ['customer/loginUrl', { account_number: 'nobody' }],
    ['customer/resetPassword', { email: 'x@example.com' }]
  ]
  for (const [method, sent] of methods) {
    expect((await ask(undefined, method, sent)).body).toEqual({
      code: 400,
      message: 'google_captcha is required: the answer of the captcha of recaptchaV3',
      messageCode: 'captcha.missing'
    })
  }
  expect(world.verifier.asked).toEqual([])
  expect(await told(OK)).toEqual([200, 'ok'])
  const [form] = world.verifier.asked
  expect(Object.fromEntries(form ?? [])).toEqual({ secret: 'of-the-site', response: 'response', sitekey: 'site' })
})

const code = (...codes: string[]) => ({ success: false, 'error-codes': codes })

test.each([
  ['a made-up response', code('invalid-input-response'), 200, 400, /is refused/],
  ['one used before', code('timeout-or-duplicate'), 200, 400, /was used already or has expired/],
  ['one used before, as hCaptcha says it', code('already-seen-response'), 200, 400, /was used already/],
  ['another action', { ...OK, action: 'comment' }, 200, 400, /for another action than register/],
  ['no action', { ...OK, action: undefined }, 200, 400, /for another action/],
  ['a low score', { ...OK, score: 0.69 }, 200, 400, /a score below 0.7/],
  ['no score', { ...OK, score: undefined }, 200, 400, /a score below 0.7/],
  ['a wrong secret', code('invalid-input-secret'), 200, 503, /refuses the secret/],
  ['a fault of the provider', code('internal-error'), 200, 503, /does not answer as it should/],
  ['an error of the provider', {}, 500, 503, /does not answer as it should/],
  ['no answer in five seconds', {}, 0, 503, /does not answer as it should/],
  ['a broken connection', {}, 1, 503, /does not answer as it should/],
  ['no verdict', { ok: 1 }, 200, 503, /does not answer as it should/],
  ['no JSON', '<html>', 200, 503, /does not answer as it should/],
  ['a long answer', { ...OK, more: 'x'.repeat(16_384) }, 200, 503, /does not answer as it should/]
])('refuses %s', async (_, answer, status, expected, message) => {
  expect(await told(answer, status)).toEqual([expected, expect.stringMatching(message)])
})

test('takes the score at the limit, and a host where one is set', async () => {
  expect(await told({ ...OK, score: 0.7 })).toEqual([200, 'ok'])
  await setCaptcha(world, { ...V3, hostname: 'portal.example.com' })
  expect(await told(OK)).toEqual([200, 'ok'])
  expect(await told({ ...OK, hostname: 'evil.example.com' })).toEqual([400, expect.stringMatching(/on another host/)])
})

test.each([['recaptchaV2'], ['hcaptcha'], ['turnstile']])('%s needs no score', async (provider) => {
  await setCaptcha(world, { provider, siteKey: 'site', secret: 'secret' })
  expect(await told({ success: true })).toEqual([200, 'ok'])
  expect(await told(code('timeout-or-duplicate'))).toEqual([400, expect.stringMatching(/was used already/)])
})

test('a repetition under an Idempotency-Key gets its answer without another captcha', async () => {
  await setCaptcha(world, V3)
  Object.assign(world.verifier, { answer: OK, status: 200, asked: [] })
  const sent = { email: 'key@example.com', name: 'Key' }
  const again = (captcha: string) =>
    world.ask('POST', 'customer', { ...sent, google_captcha: captcha }, { 'idempotency-key': 'k' })
  const first = await again('one')
  world.verifier.answer = code('timeout-or-duplicate')
  const second = await again('one')
  expect([first.status, second.status, second.text]).toEqual([200, 200, first.text])
  expect(world.verifier.asked).toHaveLength(1)
})

test('a tenant without a setting is refused, and its secret is sealed', async () => {
  const other = { token: KEYS[OTHER_TENANT] }
  await world.database.run(sql`DELETE FROM "captcha" WHERE "tenant_id" = ${OTHER_TENANT}`)
  const { status, body } = await world.ask('POST', 'customer/resetPassword', { email: 'a@example.com' }, other)
  expect([status, body.message]).toEqual([409, expect.stringMatching(/PUT \/admin\/v1\/captcha sets one/)])
  expect((await world.call('GET', '/admin/v1/captcha', undefined, other)).status).toBe(404)
  await setCaptcha(world, V3, other)
  const { rows } = await world.database.run(sql`SELECT "secret" FROM "captcha"`)
  expect(rows.flat().filter((secret) => !secret?.startsWith('v1.'))).toEqual([])
  const audit = await world.auditOf('Captcha')
  expect(JSON.stringify(audit)).not.toContain('of-the-site')
  const kept = await setCaptcha(world, { ...V3, secret: undefined, minScore: 0.1 }, other)
  expect(kept.body).toMatchObject({ hasSecret: true, minScore: 0.1 })
})

test.each([
  [{ provider: 'off', siteKey: 'x' }, /siteKey must not be set with off/],
  [{ provider: 'turnstile', secret: 'x' }, /siteKey is required/],
  [{ provider: 'turnstile', siteKey: 'x' }, /secret is required/],
  [{ provider: 'hcaptcha', siteKey: 'x', secret: 'x', minScore: 0.5 }, /minScore is for recaptchaV3/],
  [{ provider: 'hcaptcha', siteKey: 'x', secret: 'x', action: 'y' }, /action is for/],
  [{ provider: 'recaptchaV3', siteKey: 'x', secret: 'x', minScore: 1.1 }, /minScore must be at most 1/],
  [{ provider: 'other' }, /provider must be one of/]
])('%j is no setting', async (setting, message) => {
  const { status, body } = await setCaptcha(world, setting)
  expect([status, body.message]).toEqual([400, expect.stringMatching(message)])
})

test('takes an answer that is just not too long', async () => {
  expect(await told({ ...OK, more: 'x'.repeat(16_000) })).toEqual([200, 'ok'])
})
