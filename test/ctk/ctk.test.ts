import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COLLECTION_FILE, collectionText } from '../../ctk/collection.ts'
import { samples } from '../../ctk/folders/samples.ts'
import { parseOptions, UsageError } from '../../ctk/options.ts'
import type { Summary } from '../../ctk/runner.ts'
import { startDemoServer } from '../../ctk/server.ts'
import { encodePassword } from '../../src/auth/password.ts'
import { DEMO } from '../../src/demo/credentials.ts'
import { ctk, startStub, writeKit } from './command.ts'

const RUN_LIMIT_MS = 240_000
const STUB_LIMIT_MS = 60_000

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-test-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('commits the collection as its declarations say', () => {
  expect(readFileSync(COLLECTION_FILE, 'utf8')).toBe(collectionText())
})

describe('on demo data', () => {
  it(
    'passes every assertion, writes both reports and names the result in the last line',
    async () => {
      const { code, output, errors } = await ctk(folder, '--reports', 'demo')
      const summary = report('demo', 'ctk')
      expect(failuresOf(summary), output + errors).toEqual([])
      expect(code).toBe(0)
      expect(summary.assertions.total).toBeGreaterThanOrEqual(200)
      expect(summary.requests).toEqual({ total: summary.results.length, skipped: 0 })
      expect(output.trim().split('\n').at(-1)).toBe(`${summary.assertions.passed} passed, 0 failed`)
      expect(readFileSync(path.join(folder, 'demo', 'ctk.html'), 'utf8')).toContain('AppliedCustomerBillingRate')
    },
    RUN_LIMIT_MS
  )

  it(
    'can be repeated on one server and leaves nothing behind',
    async () => {
      const server = await startDemoServer()
      try {
        const before = await counts(server.url)
        const at = ['--url', server.url, '--token-url', new URL('/oauth/token', server.url).href]
        const as = ['--client-id', DEMO.tenantId, '--username', DEMO.username]
        for (const run of ['first', 'second']) {
          const { code, output } = await ctk(folder, ...at, ...as, '--reports', run)
          expect(code, output).toBe(0)
          expect(await counts(server.url)).toEqual(before)
        }
      } finally {
        await server.stop()
      }
    },
    RUN_LIMIT_MS
  )
})

describe('against a server that answers wrongly', () => {
  it(
    'exits 1, counts the failed assertions and keeps the value of a header out of everything it says',
    async () => {
      const stub = await startStub(({ headers }) => JSON.stringify([{ id: 'x', echo: headers.authorization }]))
      const header = 'Authorization: Bearer never-show-this'
      const { code, output, errors } = await ctk(folder, '--url', stub.url, '--header', header, '--reports', 'wrong')
      stub.stop()
      const { assertions } = report('wrong', 'ctk')
      expect(code, errors).toBe(1)
      expect(assertions.failed).toBeGreaterThan(100)
      expect(output.trim().split('\n').at(-1)).toBe(`${assertions.passed} passed, ${assertions.failed} failed`)
      const sent = Object.groupBy(stub.asked, ({ headers }) => headers.authorization ?? 'nothing')
      // What asks whether it is let in without goes without.
      expect(sent.nothing?.length).toBeGreaterThan(10)
      expect(sent['Bearer nonsense']).toHaveLength(1)
      expect(sent['Bearer never-show-this']?.length).toBeGreaterThan(200)
      const files = ['ctk.json', 'ctk.html'].map((name) => readFileSync(path.join(folder, 'wrong', name), 'utf8'))
      for (const said of [output, errors, ...files]) expect(said).not.toContain('never-show-this')
    },
    STUB_LIMIT_MS
  )

  it(
    'exits 1 when nothing answers',
    async () => {
      const { code, output } = await ctk(folder, '--url', 'http://127.0.0.1:1/api/v4/', '--reports', 'nobody')
      expect(code).toBe(1)
      expect(report('nobody', 'ctk').errors).toBeGreaterThan(0)
      expect(output).toContain('ECONNREFUSED')
    },
    STUB_LIMIT_MS
  )
})

describe('an official kit', () => {
  const payload = { billingAccount: { id: 'A0815' } }
  const right = "pm.test('answers', () => pm.expect(pm.response.json().id).to.equal('x'))"
  const wrong = "pm.test('answers', () => pm.expect(pm.response.json().id).to.equal('y'))"

  it.each([
    { title: 'passes with exit code 0', check: right, expected: 0, last: '1 passed, 0 failed' },
    { title: 'fails with exit code 1', check: wrong, expected: 1, last: '0 passed, 1 failed' },
    {
      title: 'fails when its script breaks off',
      check: `${right}; nothing.there`,
      expected: 1,
      last: '1 passed, 0 failed'
    },
    { title: 'fails when it asserts nothing', check: '', expected: 1, last: '0 passed, 0 failed' }
  ])(
    '$title',
    async ({ check, expected, last }) => {
      const stub = await startStub(() => '{"id":"x"}')
      writeKit(folder, check, payload)
      const { code, output, errors } = await ctk(folder, '--kit', '.', '--url', stub.url)
      stub.stop()
      expect(code, output + errors).toBe(expected)
      expect(output.trim().split('\n').at(-1)).toBe(last)
      const [asked] = stub.asked
      expect(asked).toMatchObject({
        method: 'POST',
        url: '/api/v4/customerBillOnDemand',
        body: JSON.stringify(payload)
      })
      expect(asked?.headers).toMatchObject({ 'content-type': 'application/json', 'x-of-the-kit': 'secret-of-the-kit' })
      expect(asked?.headers).not.toHaveProperty('x-of-the-collection')
      expect(readFileSync(path.join(folder, 'reports', 'ctk-kit.html'), 'utf8')).not.toContain('secret-of-the-kit')
    },
    STUB_LIMIT_MS
  )

  it.each([
    { user: [], grant: 'grant_type=client_credentials' },
    { user: ['--username', 'a b'], grant: `grant_type=password&username=a+b&password=${encodePassword(DEMO.password)}` }
  ])(
    'is run with a token got by $grant, which is not shown',
    async ({ user, grant }) => {
      const stub = await startStub(({ url }) =>
        url === '/token' ? '{"access_token":"never-show-this"}' : '{"id":"x"}'
      )
      writeKit(folder, right, payload)
      const at = ['--url', stub.url, '--token-url', new URL('/token', stub.url).href, '--client-id', 'me']
      const { code, output, errors } = await ctk(folder, '--kit', '.', ...at, ...user, '--reports', 'token')
      stub.stop()
      expect(code, output + errors).toBe(0)
      const [asked, ...others] = stub.asked
      expect(asked?.body).toBe(`${grant}&client_id=me&client_secret=${DEMO.clientSecret}`)
      expect(others.map(({ headers }) => headers.authorization)).toEqual(['Bearer never-show-this'])
      const files = ['ctk-kit.json', 'ctk-kit.html'].map((name) =>
        readFileSync(path.join(folder, 'token', name), 'utf8')
      )
      for (const said of [output, errors, ...files]) expect(said).not.toContain('never-show-this')
    },
    STUB_LIMIT_MS
  )

  it(
    'is not run without a token, and no secret is shown',
    async () => {
      const stub = await startStub(({ body }) => JSON.stringify({ error: 'invalid_client', echo: body }))
      writeKit(folder, right, payload)
      const at = ['--url', stub.url, '--token-url', stub.url, '--client-id', 'me']
      const { code, output, errors } = await ctk(folder, '--kit', '.', ...at)
      stub.stop()
      expect({ code, errors }).toEqual({ code: 1, errors: `ctk: no token: ${stub.url} answered with 200\n` })
      expect(stub.asked).toHaveLength(1)
      expect(output + errors).not.toContain(DEMO.clientSecret)
    },
    STUB_LIMIT_MS
  )

  it(
    'is refused when a payload of its config does not fit its schema',
    async () => {
      writeKit(folder, right, {})
      const { code, errors } = await ctk(folder, '--kit', '.', '--url', 'http://127.0.0.1:1/')
      expect(code).toBe(2)
      expect(errors.trim().split('\n')).toEqual([expect.stringContaining('payload of CustomerBillOnDemand')])
    },
    STUB_LIMIT_MS
  )
})

describe('a wrong command line', () => {
  const TOKEN = ['--url', 'http://127.0.0.1/', '--token-url', 'http://127.0.0.1/t', '--client-id', 'demo']

  it.each([
    { args: ['--nope'], says: "Unknown option '--nope'" },
    { args: ['more'], says: "Unexpected argument 'more'" },
    { args: ['--url'], says: "Option '--url <value>' argument missing" },
    { args: ['--url', 'localhost'], says: '--url is not the http(s) address of a server' },
    { args: ['--url', 'http://user:word@127.0.0.1/'], says: '--url may not hold a user or a password' },
    { args: ['--url', 'http://127.0.0.1/?a=1'], says: '--url may not have a query' },
    { args: ['--header', 'secret'], says: "--header must look like 'Name: value'" },
    { args: ['--client-id', 'demo'], says: '--client-id and --username go with --token-url' },
    { args: ['--token-url', 'http://127.0.0.1/t'], says: '--token-url needs --client-id' },
    { args: ['--token-url', 'nowhere', '--client-id', 'demo'], says: '--token-url is not the http(s) address' },
    { args: ['--token-url', 'http://127.0.0.1/t', '--client-id', 'demo'], says: '--token-url goes with --url' },
    { args: [...TOKEN, '--username', 'admin'], says: '--username needs the environment variable CTK_PASSWORD' }
  ])('$args is refused', ({ args, says }) => {
    const env = { CTK_CLIENT_SECRET: 'secret' }
    expect(() => parseOptions(args, folder, env)).toThrow(UsageError)
    expect(() => parseOptions(args, folder, env)).toThrow(says)
  })

  it.each([
    { args: ['--nope'], says: "Unknown option '--nope'" },
    { args: ['--kit', 'no-such-kit'], says: 'no such folder: ' },
    { args: ['--kit', '..'], says: 'no such file: ' }
  ])(
    '$args exits 2 with one line',
    async ({ args, says }) => {
      const { code, errors } = await ctk(folder, ...args)
      expect(code).toBe(2)
      expect(errors.trim().split('\n')).toEqual([expect.stringContaining(says)])
    },
    STUB_LIMIT_MS
  )

  it('takes relative paths from the folder of the caller and ends the URL in a slash', () => {
    const options = parseOptions(['--kit', 'kit', '--reports', 'out', '--url', 'http://127.0.0.1:3000/v4'], '/caller')
    const kit = path.resolve('/caller/kit')
    expect(options).toMatchObject({ kit, reports: path.resolve('/caller/out'), url: 'http://127.0.0.1:3000/v4/' })
  })
})

/** How many resources of each type there are. */
function counts(url: string): Promise<(string | null)[]> {
  const paths = samples.map(({ path }) => path)
  const headers = { token: DEMO.apiKey }
  const lists = paths.map((each) => fetch(`${url}${each}?limit=0`, { headers }))
  return Promise.all(lists.map(async (list) => (await list).headers.get('X-Total-Count')))
}

function report(reports: string, name: string): Summary {
  return JSON.parse(readFileSync(path.join(folder, reports, `${name}.json`), 'utf8'))
}

function failuresOf({ results }: Summary): unknown[] {
  return results.filter(({ failed, errors }) => failed.length + errors.length > 0)
}
