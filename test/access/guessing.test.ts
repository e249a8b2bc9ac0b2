import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { TENANT } from '../support/database.ts'
import { addEverybody, addUser, BY_CLIENT, BY_PASSWORD, CLIENT } from './people.ts'
import { startTokenServer, type TokenAnswer, type TokenServer } from './token-server.ts'

/** The peer of every connection is the proxy, which forwards the address of the caller. */
const PROXY = { TRUST_PROXY: '10.0.0.0/8' }
const RIGHT = { ...CLIENT, ...BY_PASSWORD }
const WRONG = { ...RIGHT, password: '0'.repeat(64) }
const NOBODY = { ...WRONG, username: 'nobody' }
const HOME = '192.0.2.1'
const HOTEL = '203.0.113.9'
const NETWORKS = 200
const USER_WAIT_MAX_S = 30

let server: TokenServer
let other: TokenServer
beforeAll(async () => {
  server = await startTokenServer(PROXY)
  other = await server.another(PROXY)
  await addEverybody(server.database)
})
afterAll(async () => {
  await other.close()
  await server.close()
})
beforeEach(async () => {
  await server.database.run(sql`TRUNCATE "sign_in_attempt", "known_network"`)
})

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
const network = (at: number) => (at % 2 ? `198.51.100.${at}` : `2001:db8:0:${at.toString(16)}::1`)

const told = ({ status, headers, body }: TokenAnswer) => ({ status, wait: headers['retry-after'], body })

/** Guesses once from each of many networks, alternating between two processes. */
async function guessEverywhere(form: typeof WRONG, networks = NETWORKS): Promise<readonly ReturnType<typeof told>[]> {
  const answers: ReturnType<typeof told>[] = []
  for (let at = 0; at < networks; at++) {
    answers.push(told(await (at % 3 ? server : other).post(form, from(network(at)))))
  }
  return answers
}

test('guesses at one user from 200 networks are slowed down, and do not tell whether there is one', async () => {
  expect((await server.post(RIGHT, from(HOME))).status).toBe(200)
  const answers = await guessEverywhere(WRONG)
  // 20 are free; the next one is the last to be checked for a second.
  expect(answers.map(({ status }) => status)).toEqual([...Array(21).fill(400), ...Array(NETWORKS - 21).fill(429)])
  expect(answers.at(-1)).toMatchObject({ wait: '1', body: { error: 'temporarily_unavailable' } })
  expect(await guessEverywhere(NOBODY)).toEqual(answers)
})

test('they keep nobody with the password out of a known network, nor out of another one for long', async () => {
  await server.post(RIGHT, from(HOME))
  await guessEverywhere(WRONG, 21)
  for (let doublings = 0; doublings < 6; doublings++) {
    server.pass(USER_WAIT_MAX_S)
    expect((await server.post(WRONG, from(network(NETWORKS + doublings)))).status).toBe(400)
  }
  expect((await server.post(RIGHT, from(HOME))).status).toBe(200)
  expect((await other.post(RIGHT, from(HOME))).status).toBe(200)
  const refused = told(await server.post(RIGHT, from(HOTEL)))
  expect(refused).toMatchObject({ status: 429, wait: String(USER_WAIT_MAX_S) })
  expect(told(await server.post(WRONG, from('203.0.113.10')))).toEqual(refused)
  expect(told(await server.post(WRONG, from(HOME)))).toEqual(refused)
  server.pass(USER_WAIT_MAX_S)
  expect((await server.post(RIGHT, from(HOTEL))).status).toBe(200)
})

test('what was guessed at others from a shared address keeps out nobody who signed in from there', async () => {
  await server.post(RIGHT, from(HOME))
  for (let at = 0; at <= 100; at++) await server.post({ ...WRONG, username: `user${at}` }, from(HOME))
  expect((await server.post({ ...WRONG, username: 'fresh' }, from(HOME))).status).toBe(429)
  expect((await server.post(RIGHT, from(HOME))).status).toBe(200)
})

test('guesses from a known network are slowed down as those from any other', async () => {
  await server.post(RIGHT, from(HOME))
  const seen = async (address: string) => {
    const answers = []
    for (let at = 0; at < 12; at++) {
      answers.push(told(await server.post(WRONG, from(address))))
      if (at > 6) server.pass(2 ** (at - 7))
    }
    return answers
  }
  const known = await seen(HOME)
  await server.database.run(sql`TRUNCATE "sign_in_attempt"`)
  expect(await seen(HOTEL)).toEqual(known)
  expect(known.map(({ status }) => status)).toContain(429)
})

test('a user is one, in whatever form the name is sent: found, and counted', async () => {
  await addUser(server.database, { tenantId: TENANT, username: 'zoë b' })
  const spellings = ['zoë b', 'zoe\u0308 b', 'zoë\u00a0b', ' zoë b ', '\u200bzoë b', 'zo\u00adë  b']
  for (const username of spellings) {
    const { status, body } = await server.post({ ...RIGHT, username }, from(HOTEL))
    expect([username, status]).toEqual([username, 200])
    const [, claims = ''] = body.access_token.split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ sub: 'zoë b' })
  }
  for (const username of spellings) await server.post({ ...WRONG, username }, from(HOTEL))
  expect((await server.post({ ...WRONG, username: 'zoë b' }, from(HOTEL))).status).toBe(429)
  const upper = { ...RIGHT, username: 'ZOË B' }
  expect((await server.post(upper, from(HOTEL))).status).toBe(400)
})

test('the right secret of a client is let in whatever was guessed, a wrong one is slowed down', async () => {
  const guess = { ...CLIENT, ...BY_CLIENT, client_secret: 'wrong' }
  const statuses = []
  for (let at = 0; at < 8; at++) statuses.push((await server.post(guess, from(HOME))).status)
  expect(statuses).toEqual([...Array(6).fill(401), 429, 429])
  expect((await server.post({ ...CLIENT, ...BY_CLIENT }, from(HOME))).status).toBe(200)
})
