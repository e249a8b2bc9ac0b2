import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSession } from '../../src/auth/customers/session.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { ownName } from '../../src/tmf/declaration/own-names.ts'
import { addAccount, addBill } from '../billing/ledger-world.ts'
import { type CustomerWorld, PASSWORD, ROOT, setCaptcha, startCustomerWorld } from '../partner-api/customer-world.ts'
import { PARTNER_KEY } from '../partner-api/world.ts'
import { OTHER_TENANT } from '../support/database.ts'
import { type Visitor, visitor } from './visitor.ts'

const SIGN_IN = '/portal/sign-in?tenant=demo'
const SESSION = '__Host-portal-session'
let world: CustomerWorld
let ada: { readonly email: string; readonly account: string; readonly bill: string }
beforeAll(async () => {
  world = await startCustomerWorld()
  await setCaptcha(world, { provider: 'off' })
  ada = await registered('ada@example.com')
})
afterAll(() => world.close())

/** Registers a customer with a bill of 20 EUR, who has not confirmed the address. */
async function registered(email: string, headers: object = {}) {
  const sent = { email, name: 'Ada <Lovelace>', password: PASSWORD, language: 'fr' }
  const { text } = await world.ask('POST', 'customer', sent, headers)
  expect(text).toContain('"code":200')
  const account = String(JSON.parse(text).data.account_number)
  return { email, account, bill: await addBill(world, account, { state: 'sent', rates: { recurringCharge: '20' } }) }
}

async function signedIn(): Promise<Visitor> {
  const one = visitor(world.app)
  const { statusCode, headers } = await one.send(SIGN_IN, { email: ada.email, password: PASSWORD })
  expect([statusCode, headers.location]).toEqual([303, '/portal'])
  return one
}

/** Returns the path of a document of the only bill on the first page. */
const documentOf = (page: string, form: string) => new RegExp(`href="([^"]+/${form})"`).exec(page)?.[1] ?? ''

test('a customer confirms the address by the mail, signs in, and sees the balance and the bill', async () => {
  const one = visitor(world.app)
  const early = await one.send(
    SIGN_IN,
    { email: ada.email, password: PASSWORD },
    { 'accept-language': 'de-AT,en;q=0.5' }
  )
  expect([early.statusCode, early.body]).toEqual([403, expect.stringContaining('noch nicht bestätigt')])
  const [mail] = await world.mails(ada.email)
  const sent = { email: ada.email, code: String(mail?.code), password: PASSWORD }
  const confirmed = await one.send(String(mail?.url).slice(ROOT.length), sent)
  expect([confirmed.statusCode, confirmed.body]).toEqual([200, expect.stringContaining('is confirmed')])
  const wrong = await one.send(SIGN_IN, { email: ada.email, password: 'no idea at all' })
  expect([wrong.statusCode, wrong.body]).toEqual([403, expect.stringContaining('role="alert"')])
  await signedIn()
  const { body } = await (await signedIn()).get('/portal')
  expect(body).toContain('<html lang="fr">')
  expect(body).toContain('Bienvenue, Ada &#60;Lovelace&#62;')
  expect(body).toMatch(/<strong>20,00\sEUR à payer<\/strong>/)
})

test('pages run no script, load nothing, and are kept by nobody; their cookies are for this host alone', async () => {
  const { headers, body } = await visitor(world.app).get(SIGN_IN)
  const policy = String(headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; form-action 'self';/)
  expect(policy).toContain("frame-ancestors 'none'")
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
  expect(headers['set-cookie']).toMatch(/^__Host-portal-form=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  expect(body).not.toMatch(/<script|\son\w+=|javascript:/)
  expect(body.match(/<h1>/g)).toHaveLength(1)
  const inputs = [...body.matchAll(/<input id="(\w+)"/g)].map(([, id]) => id)
  expect(inputs).toEqual(['email', 'password'])
  for (const id of inputs) expect(body).toContain(`<label for="${id}">`)
})

test.each<[string, Record<string, string>, Record<string, string>]>([
  ['has another token', { formToken: 'x' }, {}],
  ['has another origin', {}, { origin: 'https://evil.example' }],
  ['comes from another site', {}, { 'sec-fetch-site': 'cross-site' }]
])('a form that %s is refused', async (_, fields, headers) => {
  const one = visitor(world.app)
  const { statusCode, body } = await one.send(SIGN_IN, { email: ada.email, password: PASSWORD, ...fields }, headers)
  expect([statusCode, one.cookies.has(SESSION)]).toEqual([403, false])
  expect(body).toContain('load it again')
})

test('without a session the pages lead to the one to sign in, and so does signing out', async () => {
  const one = await signedIn()
  for (const url of ['/portal', '/portal/password']) {
    const { headers } = await visitor(world.app).get(url)
    expect(headers.location).toBe('/portal/sign-in')
  }
  const left = await world.app.inject({
    method: 'POST',
    url: '/portal/sign-out',
    headers: {
      cookie: [...one.cookies].map((pair) => pair.join('=')).join('; '),
      'content-type': 'application/x-www-form-urlencoded'
    },
    payload: `formToken=${/name="formToken" value="(\w+)"/.exec((await one.get('/portal')).body)?.[1]}`
  })
  expect([left.statusCode, left.headers.location]).toEqual([303, SIGN_IN])
  expect((await one.get('/portal')).statusCode).toBe(303)
})

test('documents open for the customer of the bill, and for nobody else', async () => {
  const eve = await registered('eve@example.com')
  const one = await signedIn()
  const { body } = await one.get('/portal')
  expect(body).not.toContain(eve.bill)
  const html = await one.get(documentOf(body, 'html'))
  expect([html.statusCode, html.headers['cache-control']]).toEqual([200, 'no-store'])
  expect(html.headers['content-security-policy']).toContain("default-src 'none'")
  const pdf = await one.get(documentOf(body, 'pdf'))
  expect([pdf.headers['content-type'], pdf.rawPayload.subarray(0, 4).toString()]).toEqual(['application/pdf', '%PDF'])
  const others = [
    eve.bill,
    await addBill(world, await addAccount(world), { state: 'sent', rates: { recurringCharge: '1' } })
  ]
  for (const id of others) {
    const { body: bill } = await world.call('GET', `${customerBill.path}/${id}?fields=billDocument`)
    const document = bill.billDocument[0]?.id
    expect((await world.call('GET', `${customerBill.path}/${id}/document/${document}`)).status).toBe(200)
    const path = `/portal/bill/${id}/${document}/html`
    expect((await one.get(path)).statusCode).toBe(404)
    expect((await visitor(world.app).get(path)).statusCode).toBe(303)
  }
  expect((await one.get(documentOf(body, 'html').replace(/html$/, 'exe'))).statusCode).toBe(404)
})

test('a page of another realm is of that realm, also for somebody who is signed in', async () => {
  const one = await signedIn()
  for (const page of ['/portal/sign-in', '/portal/reset', '/portal/confirm']) {
    const { statusCode, body } = await one.get(`${page}?tenant=${OTHER_TENANT}`)
    expect([statusCode, body]).toEqual([200, expect.stringContaining(`name="tenant" value="${OTHER_TENANT}"`)])
    expect(body).not.toContain('/portal/sign-out')
  }
  expect((await one.get(SIGN_IN)).headers.location).toBe('/portal')
})

test('a bill that is not issued is not shown', async () => {
  const one = await signedIn()
  const draft = await addBill(world, ada.account, { state: 'new', rates: { recurringCharge: '3' } })
  expect((await one.get('/portal')).body).not.toContain(draft)
})

describe('a link', () => {
  const linkTo = async (account: string, headers: object = {}) => {
    const { body } = await world.ask('POST', 'customer/loginUrl', { account_number: account }, headers)
    return String(body.data.url).slice(ROOT.length)
  }

  test('opens its account by the button, once, and not by being followed', async () => {
    const other = await addAccount(world)
    const url = await linkTo(other)
    for (const scanner of [visitor(world.app), visitor(world.app)]) {
      expect((await scanner.get(url)).statusCode).toBe(200)
      expect(scanner.cookies.has(SESSION)).toBe(false)
    }
    const one = visitor(world.app)
    expect((await one.send(url, {})).headers.location).toBe('/portal')
    const { body } = await one.get('/portal')
    expect(body).toContain(other)
    expect(body).not.toContain(ada.account)
    expect(body).not.toContain('/portal/password')
    const again = await visitor(world.app).send(url, {})
    expect([again.statusCode, again.body]).toEqual([400, expect.stringContaining('was used already')])
    const change = await one.send('/portal/password', { current: PASSWORD, password: 'a new long password' })
    expect([change.statusCode, change.body]).toEqual([403, expect.stringContaining('role="alert"')])
  })

  test('takes the place of the session of the browser, which ends', async () => {
    const one = await signedIn()
    const earlier = String(one.cookies.get(SESSION))
    await one.send(await linkTo(await addAccount(world)), {})
    expect(one.cookies.get(SESSION)).not.toBe(earlier)
    expect(await readSession(world.context, earlier)).toBeUndefined()
    expect(one.cookies.get('__Host-portal-realm')).toContain('tenant=demo')
  })

  test('to an account of a partner shows the name of the partner, and none of its provider', async () => {
    await world.call('PATCH', `/admin/v1/partner/${world.partnerId}`, { name: 'Kabel Süd' })
    const eve = await registered('eve@example.com', { token: PARTNER_KEY })
    const one = visitor(world.app)
    await one.send(await linkTo(eve.account, { token: PARTNER_KEY }), {})
    const { body } = await one.get('/portal')
    // By the name that the partner gave it.
    expect(body).toContain(ownName(eve.account))
    expect(body).not.toContain(eve.account)
    expect(body).not.toContain(ada.account)
    const { body: provider } = await (await signedIn()).get('/portal')
    const nameIn = (page: string) => /<header.*?<\/header>/s.exec(page)?.[0]
    expect(nameIn(body)).toContain('Kabel Süd')
    expect(nameIn(provider)).not.toContain('Kabel Süd')
  })
})

test('a changed password ends the other sessions, and a wrong one changes nothing', async () => {
  const [one, two] = [await signedIn(), await signedIn()]
  const wrong = await one.send('/portal/password', { current: 'not my password', password: 'another long password' })
  expect([wrong.statusCode, wrong.body]).toEqual([400, expect.stringContaining('est erroné')])
  const short = await one.send('/portal/password', { current: PASSWORD, password: 'short' })
  expect([short.statusCode, short.body]).toEqual([400, expect.stringContaining('10 à 256')])
  const done = await one.send('/portal/password', { current: PASSWORD, password: 'another long password' })
  expect([done.statusCode, done.body]).toEqual([200, expect.stringContaining('est modifié')])
  expect([(await one.get('/portal')).statusCode, (await two.get('/portal')).statusCode]).toEqual([200, 303])
})

test('a forgotten password is reset by the code of a mail; nobody learns which addresses are known', async () => {
  const page = '/portal/reset?tenant=demo'
  const answers = []
  for (const email of ['nobody@example.com', ada.email]) {
    const { statusCode, body } = await visitor(world.app).send(page, { email })
    answers.push([statusCode, body.replaceAll(email, '').replace(/value="[0-9a-f]{64}"/g, '')])
  }
  expect(answers[0]).toEqual(answers[1])
  await world.doResets()
  const blank = await visitor(world.app).send(page, { email: ada.email, step: 'set' })
  expect([blank.statusCode, blank.body]).toEqual([400, expect.stringContaining('name="code"')])
  const [mail] = await world.mails(ada.email)
  const one = visitor(world.app)
  const set = await one.send(String(mail?.url).slice(ROOT.length), {
    email: ada.email,
    code: String(mail?.code),
    password: 'a password after the reset'
  })
  expect([set.statusCode, set.body]).toEqual([200, expect.stringContaining('is set')])
  const signIn = await one.send(SIGN_IN, { email: ada.email, password: 'a password after the reset' })
  expect(signIn.statusCode).toBe(303)
})
