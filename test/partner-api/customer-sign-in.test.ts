import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redeemLink } from '../../src/auth/customers/link.ts'
import { changePassword, findSignIn, setByCode, signInByPassword } from '../../src/auth/customers/password.ts'
import { requestReset } from '../../src/auth/customers/reset.ts'
import { openForPassword, readSession } from '../../src/auth/customers/session.ts'
import { purgeExpired } from '../../src/auth/purge.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccount } from '../billing/ledger-world.ts'
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

describe('a code', () => {
  test('is used once by two at once, and is taken in small letters with dashes', async () => {
    const { code } = await world.registered('two@example.com')
    const written = `${code.slice(0, 4)}-${code.slice(4)} `.toLowerCase()
    const confirm = () => confirmEmail('two@example.com', written)
    const ended = await Promise.allSettled([confirm(), confirm()])
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('is ended by five wrong ones, and by its age', async () => {
    const right = await world.registered('guessed@example.com')
    const confirm = (email: string, code: string, address: string) => confirmEmail(email, code, { address })
    for (let count = 0; count < 5; count++) {
      await expect(confirm('guessed@example.com', 'WRONG234', `198.51.100.${count}`)).rejects.toMatchObject({
        code: 'customer.wrongCode'
      })
    }
    const late = confirm('guessed@example.com', right.code, '198.51.100.9')
    await expect(late).rejects.toMatchObject({ code: 'customer.wrongCode' })
    const { code } = await world.registered('late@example.com')
    await world.expire('customer_code', '24 hours')
    await expect(confirm('late@example.com', code, '198.51.100.10')).rejects.toMatchObject({
      code: 'customer.wrongCode'
    })
  })
})

test('a wrong code writes as much for an address that nobody has', async () => {
  await world.registered('known@example.com')
  const written = async (email: string, address: string) => {
    const count = () =>
      world.database.run(sql`SELECT (SELECT count(*) FROM "throttle"),
      (SELECT count(*) FROM "sign_in_attempt")`)
    const before = (await count()).rows[0]?.map(Number) ?? []
    await expect(confirmEmail(email, 'WRONG234', { address })).rejects.toMatchObject({ code: 'customer.wrongCode' })
    return (await count()).rows[0]?.map((value, at) => Number(value) - Number(before[at]))
  }
  const known = await written('known@example.com', '203.0.117.1')
  expect(known).toEqual([1, 2])
  expect(await written('nobody@example.com', '203.0.118.1')).toEqual(known)
})

describe('a password', () => {
  const asked = (email: string) => world.ask('POST', 'customer/resetPassword', { email })

  test('is reset by a mail; the answer is the same for an address that nobody has', async () => {
    await world.registered('reset@example.com', { password: undefined, language: 'de' })
    const [known, unknown] = [await asked('RESET@example.com'), await asked('nobody@example.com')]
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
    const jobs = await world.database.run(sql`SELECT FROM "graphile_worker"."_private_jobs"
      WHERE "key" LIKE 'resetCustomerPassword %'`)
    expect(jobs.rowCount).toBe(2)
    await world.doResets()
    expect(await world.mails('nobody@example.com')).toEqual([])
    const [mail] = await world.mails('reset@example.com')
    expect(mail).toMatchObject({ kind: 'resetPassword', language: 'de' })
    const reset = (password: string) =>
      setByCode(
        world.context,
        { realm: REALM, email: 'reset@example.com', code: String(mail?.code), password, purpose: 'reset' },
        ORIGIN
      )
    await expect(reset('short')).rejects.toMatchObject({ code: 'customer.passwordLength' })
    const ended = await Promise.allSettled([reset('a new password 1'), reset('a new password 2')])
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const [told] = await world.mails('reset@example.com')
    expect(told?.kind).toBe('passwordChanged')
    expect(JSON.stringify(await world.auditOf('CustomerSignIn'))).not.toContain('a new password')
  })

  test('that was changed after it was checked opens no session', async () => {
    const email = 'meanwhile@example.com'
    await world.registered(email)
    const { id: signInId = '', passwordHash = '' } = (await findSignIn(world.database, REALM, email)) ?? {}
    const open = (hash: string) =>
      openForPassword(world.database, { ...REALM, signInId, passwordHash: hash }, world.context.clock())
    expect(await open(passwordHash)).toEqual(expect.any(String))
    expect(await open(`${passwordHash}x`)).toBeUndefined()
  })

  test('is changed by the customer, whose other sessions end', async () => {
    const email = 'change@example.com'
    const { code } = await world.registered(email)
    await confirmEmail(email, code)
    const signIn = (password: string) => signInByPassword(world.context, { realm: REALM, email, password }, ORIGIN)
    const [cookie, other] = [String(await signIn(PASSWORD)), String(await signIn(PASSWORD))]
    const session = await readSession(world.context, cookie)
    if (!session) throw new Error('there is no session')
    const change = (current: string) =>
      changePassword(world.context, session, { current, password: 'the next password', cookie }, ORIGIN)
    await expect(change('wrong')).rejects.toMatchObject({ code: 'customer.wrongPassword' })
    const ended = await Promise.allSettled([change(PASSWORD), change(PASSWORD)])
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await readSession(world.context, cookie)).toEqual(session)
    expect(await readSession(world.context, other)).toBeUndefined()
    expect(await signIn(PASSWORD)).toBeUndefined()
    expect(await signIn('the next password')).toEqual(expect.any(String))
    expect((await world.auditOf('CustomerSignIn'))[0]).toMatchObject({ action: 'password', actor: 'customer' })
    await world.expire('customer_session', '31 minutes')
    expect(await readSession(world.context, cookie)).toBeUndefined()
  })
})

describe('a link', () => {
  const linked = async (account: string, headers: object = {}) => {
    const { status, body, text } = await world.ask('POST', 'customer/loginUrl', { account_number: account }, headers)
    expect([status, text]).toEqual([200, text])
    const url = new URL(body.data.url)
    expect(`${url.origin}${url.pathname}`).toBe(`${ROOT}/portal/link`)
    return String(url.searchParams.get('token'))
  }

  test('opens its account alone, once, for one of two at once', async () => {
    const account = await addAccount(world, { partnerId: world.partnerId })
    await addAccount(world, { partnerId: world.partnerId })
    const token = await linked(account, PARTNER)
    const ended = await Promise.allSettled([1, 2].map(() => redeemLink(world.context, token, ORIGIN)))
    const [cookie = ''] = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    const session = await readSession(world.context, cookie)
    expect(session).toMatchObject({ partnerId: world.partnerId, userId: undefined, accountIds: [account] })
    const change = changePassword(world.context, session ?? Object(), { current: '', password: '', cookie }, ORIGIN)
    await expect(change).rejects.toMatchObject({ code: 'customer.linkHasNoPassword' })
    expect((await world.auditOf('LoginLink')).map(({ action, actor }) => [action, actor])).toEqual([
      ['signIn', 'customer'],
      ['create', 'apiKey']
    ])
  })

  test('is kept by no Idempotency-Key', async () => {
    const sent = { account_number: await addAccount(world) }
    const { status, body } = await world.ask('POST', 'customer/loginUrl', sent, { 'idempotency-key': 'link' })
    expect([status, body.message]).toEqual([400, expect.stringMatching(/Idempotency-Key/)])
  })

  test('expires after five minutes', async () => {
    const token = await linked(await addAccount(world))
    await world.expire('customer_link', '301 seconds')
    await expect(redeemLink(world.context, token, ORIGIN)).rejects.toMatchObject({ code: 'customer.wrongLink' })
  })
})

describe('requests are throttled', () => {
  const ask = (email: string, address: string) =>
    requestReset(world.context, { realm: REALM, email, captcha: undefined }, { address })

  test('by address of mail, whatever the network, until its share comes back', async () => {
    for (let count = 0; count < 10; count++) await ask('BUSY@example.com', `203.0.113.${count}`)
    await expect(ask('busy@example.com', '203.0.113.99')).rejects.toMatchObject({ code: 'customer.tooMany' })
    const byApi = () => world.ask('POST', 'customer/resetPassword', { email: 'busy@example.com' })
    // Requests of strangers at the portal are taken from no partner.
    for (let count = 0; count < 10; count++) expect((await byApi()).status).toBe(200)
    const { status, headers } = await byApi()
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(300)
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(360)
    await ask('idle@example.com', '203.0.113.99')
    await world.database.query(`UPDATE "throttle" SET "whole_at" = "whole_at" - interval '6 minutes'`)
    await ask('busy@example.com', '203.0.113.99')
  })

  test('by the numbers that are set', async () => {
    const few = { ...world.context, limits: { network: 2, address: 1, partner: 1 } }
    const sent = (email: string) =>
      requestReset(few, { realm: REALM, email, captcha: undefined }, { address: '203.0.116.1' })
    const told = (message: string) => ({ code: 'customer.tooMany', message: expect.stringContaining(message) })
    await sent('few@example.com')
    await expect(sent('few@example.com')).rejects.toMatchObject(told('visitor'))
    await expect(sent('others@example.com')).rejects.toMatchObject(told('address'))
  })

  test('by account, whichever of its names is used', async () => {
    const account = await addAccount(world, { partnerId: world.partnerId })
    const names = [account, account.slice(account.indexOf(':') + 1)]
    const link = (at: number) =>
      world.ask('POST', 'customer/loginUrl', { account_number: String(names[at % 2]) }, PARTNER)
    for (let count = 0; count < 10; count++) expect((await link(count)).status).toBe(200)
    expect([(await link(0)).status, (await link(1)).status]).toEqual([429, 429])
  })

  test('not by what is no address: it takes no budget of others, and no work', async () => {
    const budgets = async () => Number((await world.database.run(sql`SELECT count(*) FROM "throttle"`)).rows[0]?.[0])
    const before = await budgets()
    for (let count = 0; count < 12; count++) await ask('typo', `203.0.115.${count}`)
    expect(await budgets()).toBe(before + 12)
    const { rows } = await world.database.run(sql`SELECT count(*) FROM "graphile_worker"."_private_jobs"
      WHERE "payload"->>'email' = 'typo'`)
    expect(rows).toEqual([['0']])
  })

  test('by network, all of it together', async () => {
    const all = (from: number, to: number) =>
      Promise.allSettled(Array.from({ length: to - from }, (_, at) => ask(`n${from + at}@example.com`, '203.0.114.1')))
    expect((await all(0, 60)).filter(({ status }) => status === 'rejected')).toEqual([])
    // No share comes back meanwhile, however slow the machine is.
    await world.database.query(`UPDATE "throttle" SET "whole_at" = "whole_at" + interval '1 hour'`)
    expect((await all(60, 70)).filter(({ status }) => status === 'rejected')).toHaveLength(10)
  })
})

test('what has expired is removed', async () => {
  const { rows } = await world.database.run(sql`SELECT count(*) FROM "customer_code"`)
  expect(Number(rows[0]?.[0])).toBeGreaterThan(0)
  for (const table of ['customer_code', 'customer_link', 'customer_session']) await world.expire(table, '3 days')
  await world.database.query(`UPDATE "throttle" SET "whole_at" = "whole_at" - interval '1 day'`)
  await purgeExpired(world.database)
  const left = await world.database.run(sql`SELECT (SELECT count(*) FROM "customer_code"),
    (SELECT count(*) FROM "customer_link"), (SELECT count(*) FROM "customer_session"),
    (SELECT count(*) FROM "throttle")`)
  expect(left.rows).toEqual([['0', '0', '0', '0']])
})
