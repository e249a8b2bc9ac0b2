import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE, startTestServer } from '../support/server.ts'

const PATH = `${BASE}/customerBillOnDemand`
const FORWARDED = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'bills.example.com',
  'x-forwarded-for': '203.0.113.7'
}

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

interface Case {
  readonly what: string
  readonly env?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly seen: string
}

/** Requests come from 127.0.0.1. */
const CASES: readonly Case[] = [
  { what: 'the Host that was asked for', headers: { host: 'my.host:8080' }, seen: 'http://my.host:8080' },
  { what: 'an IPv6 Host', headers: { host: '[::1]:3000' }, seen: 'http://[::1]:3000' },
  {
    what: 'no forwarded address unless proxies are trusted',
    headers: { host: 'inner', ...FORWARDED },
    seen: 'http://inner'
  },
  {
    what: 'the forwarded address behind any proxy',
    env: { TRUST_PROXY: 'true' },
    headers: { host: 'inner', ...FORWARDED },
    seen: 'https://bills.example.com'
  },
  {
    what: 'the forwarded address behind one proxy',
    env: { TRUST_PROXY: '1' },
    headers: { host: 'inner', ...FORWARDED },
    seen: 'https://bills.example.com'
  },
  {
    what: 'the forwarded address behind a proxy of a trusted network',
    env: { TRUST_PROXY: '10.0.0.0/8, 127.0.0.0/8' },
    headers: { host: 'inner', ...FORWARDED },
    seen: 'https://bills.example.com'
  },
  {
    what: 'no forwarded address from a proxy of another network',
    env: { TRUST_PROXY: '10.0.0.0/8' },
    headers: { host: 'inner', ...FORWARDED },
    seen: 'http://inner'
  },
  {
    what: 'the Host where a trusted proxy forwards the protocol alone',
    env: { TRUST_PROXY: 'true' },
    headers: { host: 'bills.example.com', 'x-forwarded-proto': 'https' },
    seen: 'https://bills.example.com'
  },
  {
    what: 'PUBLIC_URL whatever else is said',
    env: { PUBLIC_URL: 'https://public.example.com/tmf/', TRUST_PROXY: 'true' },
    headers: { host: 'inner', ...FORWARDED },
    seen: 'https://public.example.com/tmf'
  }
]

describe('href, Location and Link begin with', () => {
  it.each(CASES)('$what', async ({ env = {}, headers = {}, seen }) => {
    const server = await startTestServer(env, store)
    const created = await server.call('POST', PATH, { billingAccount: { id: 'A1' } }, headers)
    const href = `${seen}${PATH}/${created.body.id}`
    expect(created.body.href).toBe(href)
    expect(created.headers.location).toBe(href)
    const found = await server.call('GET', `${PATH}/${created.body.id}`, undefined, headers)
    expect(found.body.href).toBe(href)
    await server.call('POST', PATH, { billingAccount: { id: 'A1' } }, headers)
    const listed = await server.call('GET', `${PATH}?limit=1`, undefined, headers)
    expect(listed.body[0].href.startsWith(`${seen}${PATH}/`)).toBe(true)
    expect(listed.headers.link).toContain(`<${seen}${PATH}?`)
    await server.close()
  })

  it('the base path that was asked for', async () => {
    const server = await startTestServer({ PUBLIC_URL: 'https://public.example.com' }, store)
    const created = await server.call('POST', `/tmf-api${PATH}`, { billingAccount: { id: 'A1' } })
    expect(created.headers.location).toBe(`https://public.example.com/tmf-api${PATH}/${created.body.id}`)
    await server.close()
  })

  it.each(['evil"><script>', 'a b', 'x/../y', 'user@host', 'a'.repeat(300)])('no Host like %s', async (host) => {
    const server = await startTestServer({}, store)
    const { body, headers } = await server.call('POST', PATH, { billingAccount: { id: 'A1' } }, { host })
    expect(body.href ?? '').not.toContain(host)
    expect(headers.location ?? '').not.toContain(host)
    await server.close()
  })
})
