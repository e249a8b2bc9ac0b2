import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setByCode, signInByPassword } from '../../src/auth/customers/password.ts'
import { findRealm } from '../../src/auth/customers/realm.ts'
import { endSession, readSession } from '../../src/auth/customers/session.ts'
import { sql } from '../../src/db/sql.ts'
import { KEYS, OTHER_TENANT, TENANT } from '../support/database.ts'
import { type CustomerWorld, ORIGIN, PASSWORD, REALM, ROOT, startCustomerWorld } from './customer-world.ts'
import { PARTNER_KEY } from './world.ts'

let world: CustomerWorld
beforeAll(async () => {
  world = await startCustomerWorld()
})
afterAll(() => world.close())

const PARTNER = { token: PARTNER_KEY }

/** Confirms at the page, with a password. */
function confirmEmail(email: string, code: string, origin: typeof ORIGIN = ORIGIN, password = PASSWORD) {
  return setByCode(world.context, { realm: REALM, email, code, password, purpose: 'confirm' }, origin)
}

describe('registering', () => {
  test('makes a customer, an account and a mail with a code; with it the customer signs in', async () => {
    const sent = {
      phone: '+49 (30) 555-0100',
      address: { line1: 'Hauptstr. 1', city: 'Berlin', country: 'DE' },
      currency: 'JPY',
      language: 'fr',
      tax_profile: { rates: [{ taxCategory: 'VAT', taxRate: 0.2 }] }
    }
    const made = await world.registered('Ada@Example.com'.toLowerCase(), sent)
    expect(made).toMatchObject({ email: 'ada@example.com', currency: 'JPY', language: 'fr', confirmed: false })
    const account = await world.call('GET', `accounts/${made.account_number}`)
    expect(account.body).toMatchObject({ invoiceCurrency: 'JPY', taxProfile: sent.tax_profile, language: 'fr' })
    const customer = await world.call('GET', `customers/${made.customer}`)
    expect(customer.body).toMatchObject({ phoneNumber: '+49305550100', address: sent.address })
    const [mail] = await world.mails('ada@example.com')
    expect(mail).toMatchObject({ kind: 'confirmEmail', name: 'Ada Lovelace', language: 'fr' })
    expect(mail?.url).toBe(`${ROOT}/portal/confirm?tenant=demo&email=ada%40example.com&code=${made.code}`)
    const signIn = () =>
      signInByPassword(world.context, { realm: REALM, email: 'ADA@example.com', password: PASSWORD }, ORIGIN)
    await expect(signIn()).rejects.toMatchObject({ code: 'customer.notConfirmed' })
    const confirmed = await world.ask('POST', 'customer/confirmEmail', { email: 'ada@example.com', code: made.code })
    expect(confirmed.body).toEqual({ code: 200, data: { email: 'ada@example.com', confirmed: true } })
    const cookie = String(await signIn())
    expect(await readSession(world.context, cookie)).toMatchObject({
      tenantId: TENANT,
      customerId: made.customer,
      accountIds: [made.account_number]
    })
    const { rows } = await world.database.run(sql`SELECT "hash" FROM "customer_session"`)
    expect(rows.flat()).not.toContain(cookie)
    await endSession(world.context, cookie)
    expect(await readSession(world.context, cookie)).toBeUndefined()
    const audit = await world.auditOf('CustomerSignIn')
    expect(audit.map(({ action, actor }) => [action, actor])).toEqual([
      ['confirm', 'apiKey'],
      ['create', 'apiKey']
    ])
    expect(JSON.stringify(audit)).not.toContain(made.code)
  })

  test('refuses an address that is taken there, in any spelling, and leaves nothing behind', async () => {
    await world.registered('taken@example.com')
    const count = () => world.database.run(sql`SELECT FROM "customer"`).then(({ rowCount }) => rowCount)
    const before = await count()
    for (const email of ['taken@example.com', ' TAKEN@Example.COM ']) {
      expect(await world.register(email)).toMatchObject({ status: 409, body: { code: 409 } })
    }
    expect(await count()).toBe(before)
    expect(await world.mails('taken@example.com')).toHaveLength(1)
    const [one, two] = await Promise.all([world.register('race@example.com'), world.register('race@example.com')])
    expect([one.status, two.status].toSorted()).toEqual([200, 409])
  })

  test('is done once with an Idempotency-Key, whatever the captcha, and keeps no hash of the password', async () => {
    const key = { 'idempotency-key': 'registration-1' }
    const [first, again] = [
      await world.register('once@example.com', {}, key),
      await world.register('once@example.com', { google_captcha: 'x' }, key)
    ]
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([200, first.text, 'true'])
    expect(await world.mails('once@example.com')).toHaveLength(1)
    expect((await world.register('twice@example.com', {}, key)).status).toBe(422)
  })

  test.each([
    ['no email', { email: 'ada' }, /^email must be an email address/],
    ['two addresses', { email: 'a@b.c,d@e.f' }, /^email must be an email address/],
    ['a short password', { password: 'short' }, /^password must have 10 to 256 characters/],
    ['a long password', { password: 'x'.repeat(257) }, /^password must have 10 to 256/],
    ['the address as the password', { password: 'X@Example.com' }, /^password must not be the email address/],
    ['no currency', { currency: 'XXX' }, /^currency must be a currency of ISO 4217/],
    ['another language', { language: 'it' }, /^language must be one of en, de, fr/],
    ['no phone', { phone: '030 555' }, /^phone must be a phone number with its country code/],
    ['no country', { address: { country: 'XX' } }, /country must be a country/],
    ['no tax profile', { tax_profile: { rates: [{ taxCategory: 'VAT', taxRate: 19 }] } }, /taxRate/],
    ['an unknown parameter', { colour: 'red' }, /^colour is no parameter here/]
  ])('refuses %s', async (_, sent, message) => {
    const { status, body } = await world.register('x@example.com', sent)
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({ code: 400, message: expect.stringMatching(message) })
    ])
  })
})

test('customers of the provider, of a partner and of another tenant are strangers', async () => {
  const email = 'same@example.com'
  const own = await world.registered(email)
  const partners = await world.registered(email, {}, PARTNER)
  const others = await world.registered(email, {}, { token: KEYS[OTHER_TENANT] })
  expect(new Set([own.customer, partners.customer, others.customer]).size).toBe(3)
  expect((await world.mails(email)).map(({ url }) => new URL(url).searchParams.get('partner'))).toContain('RESELLER')
  const confirm = (code: string, headers: object = {}) =>
    world.ask('POST', 'customer/confirmEmail', { email, code }, headers)
  expect((await confirm(own.code, PARTNER)).status).toBe(400)
  expect((await confirm(partners.code)).status).toBe(400)
  const all = await world.mails(email)
  const codeOf = (has: string) => String(all.find(({ url }) => url.includes(has))?.code)
  expect((await confirm(codeOf('partner=RESELLER'), PARTNER)).status).toBe(200)
  const realm = await findRealm(world.database, TENANT, 'RESELLER')
  const cookie = await signInByPassword(world.context, { realm: realm ?? REALM, email, password: PASSWORD }, ORIGIN)
  expect(await readSession(world.context, String(cookie))).toMatchObject({
    partnerId: world.partnerId,
    accountIds: [partners.account_number]
  })
  expect(await findRealm(world.database, TENANT, 'nobody')).toBeUndefined()
  const foreign = await world.ask('POST', 'customer/loginUrl', { account_number: own.account_number }, PARTNER)
  expect(foreign.status).toBe(404)
  await expect(
    world.database.run(sql`INSERT INTO "customer_sign_in" ("tenant_id", "id", "customer_id", "email", "language",
      "created_at") VALUES (${TENANT}, 'x', ${partners.customer}, 'y@x.de', 'en', now())`)
  ).rejects.toThrow('a sign-in stays with a customer of its partner')
})

describe('a password of the registration', () => {
  const signIn = (email: string, password: string) =>
    signInByPassword(world.context, { realm: REALM, email, password }, ORIGIN)

  test('ends where the address is confirmed at the page: a registrar who is another does not get in', async () => {
    const email = 'stranger@example.com'
    const { code } = await world.registered(email)
    await expect(confirmEmail(email, code, ORIGIN, 'short')).rejects.toMatchObject({ code: 'customer.passwordLength' })
    await confirmEmail(email, code, ORIGIN, 'a password of my own')
    expect(await signIn(email, PASSWORD)).toBeUndefined()
    expect(await signIn(email, 'a password of my own')).toEqual(expect.any(String))
    expect((await world.mails(email)).map(({ kind }) => kind)).toEqual(['confirmEmail'])
  })

  test('is kept where the partner sends the code, as its contract says', async () => {
    const email = 'partner-confirms@example.com'
    const { code } = await world.registered(email)
    expect((await world.ask('POST', 'customer/confirmEmail', { email, code })).status).toBe(200)
    expect(await signIn(email, PASSWORD)).toEqual(expect.any(String))
  })

  test('ends by no code for another purpose', async () => {
    const email = 'purpose@example.com'
    const { code } = await world.registered(email)
    const sent = { realm: REALM, email, code, password: 'a password of my own', purpose: 'reset' } as const
    await expect(setByCode(world.context, sent, ORIGIN)).rejects.toMatchObject({ code: 'customer.wrongCode' })
  })
})
