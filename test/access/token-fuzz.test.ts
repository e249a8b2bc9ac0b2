import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TENANT } from '../support/database.ts'
import { addEverybody, ENCODED_PASSWORD, SECRET } from './people.ts'
import { basic, expectFailure, startTokenServer, type TokenServer } from './token-server.ts'

const RUNS = 300
const SEED = 678
const MARK = 'x-injected'

/** Texts that must stay texts anywhere. */
const TEXTS = [
  '',
  ' ',
  "' OR '1'='1",
  "'; DROP TABLE oauth_client; --",
  '"; SELECT pg_sleep(10); --',
  '$1',
  '{{7*7}}',
  '\\',
  '%',
  '%00',
  'a\u0000b',
  '\u0000',
  `a\r\n${MARK}: yes`,
  `a\n${MARK}: yes`,
  '\u{1f4a5}',
  'ö',
  '\ud800',
  '\ufeff',
  '\u202e',
  '__proto__',
  'constructor',
  '[object Object]',
  '<script>',
  'x'.repeat(300),
  'x'.repeat(4_096),
  'x'.repeat(4_097)
]
const FIELDS = {
  grant_type: ['password', 'client_credentials', 'refresh_token', 'authorization_code'],
  client_id: [TENANT, 'public', 'plain'],
  client_secret: [SECRET],
  username: ['admin'],
  password: [ENCODED_PASSWORD],
  scope: ['trust', 'bill:read'],
  refresh_token: ['x'],
  token: ['x'],
  code: ['x'],
  code_verifier: ['x'.repeat(43)],
  redirect_uri: ['https://example.com/'],
  token_type_hint: ['access_token']
} as const
const PATHS = ['/oauth/token', '/oauth2/token/', '/oauth/revoke', '/oauth/introspect']

let server: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  await addEverybody(server.database)
})
afterAll(() => server.close())

const bad = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) }
)
const field = fc
  .constantFrom(...(Object.keys(FIELDS) as (keyof typeof FIELDS)[]))
  .chain((name) => fc.tuple(fc.constant<string>(name), fc.oneof(bad, fc.constantFrom<string>(...FIELDS[name]))))
const form = fc.oneof(
  fc.uniqueArray(field, { selector: ([name]) => name, maxLength: 12 }),
  fc.array(fc.tuple(fc.oneof(fc.constantFrom<string>(...Object.keys(FIELDS)), bad), bad), { maxLength: 4 })
)
const request = fc.record({
  path: fc.constantFrom(...PATHS),
  form,
  query: fc.option(form, { nil: undefined, freq: 4 }),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.tuple(bad, bad).map(([name, password]) => basic(name, password)) }
  ),
  payload: fc.option(fc.constantFrom('%', '%zz=1', '=', '&&&', 'grant_type', 'a=%ff%fe', '{"a":1}'), {
    nil: undefined,
    freq: 8
  })
})

/** With the client's own secret, requests get further. */
const authenticated = fc
  .constantFrom(...Object.keys(FIELDS).filter((name) => !name.startsWith('client_')))
  .chain((name) =>
    fc.record({
      path: fc.constantFrom(...PATHS),
      form: fc.record({ grant: fc.constantFrom(...FIELDS.grant_type), value: bad }).map(({ grant, value }) => {
        const rest = name === 'username' ? { password: 'x' } : { username: 'admin', password: 'x' }
        const others = { refresh_token: 'x', code: 'x', token: 'x', redirect_uri: 'https://example.com/' }
        return Object.entries({
          grant_type: grant,
          ...rest,
          ...others,
          client_id: TENANT,
          client_secret: SECRET,
          [name]: value
        })
      })
    })
  )

test('whatever an OAuth endpoint is asked, it fails in the one way that is documented', async () => {
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.oneof(request, authenticated), async ({ path, form, ...more }) => {
      const sending = { path, ...more }
      const { status, headers, text, body } = await server.post(form, definedOf(sending))
      statuses.add(status)
      expect(status, text).toBeLessThan(500)
      expect(Object.keys(headers)).not.toContain(MARK)
      expect(headers['cache-control']).toBe('no-store')
      if (status !== 200) expectFailure(headers, body)
      expect(text).not.toContain(MARK)
    }),
    { numRuns: RUNS, seed: SEED }
  )
  expect([...statuses].sort()).toEqual([200, 400, 401])
})

test.each(Object.keys(FIELDS))('each bad text in %s alone is refused or ignored', async (name) => {
  for (const text of TEXTS) {
    const good = { grant_type: 'client_credentials', client_id: TENANT, client_secret: SECRET, token: 'x' }
    for (const path of ['/oauth/token', '/oauth/introspect']) {
      const { status, headers, body } = await server.post({ ...good, [name]: text }, { path })
      expect(status).toBeLessThan(500)
      if (status !== 200) expectFailure(headers, body)
    }
  }
})

function definedOf<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
