import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO } from '../../sample-data/credentials.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { ctk, ctkProcess, lastLine, startStub, writeKit } from './command.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-test-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
  ])('$title', async ({ check, expected, last }) => {
    const stub = await startStub(() => '{"id":"x"}')
    writeKit(folder, check, payload)
    const outcome = await ctk(folder, '--kit', '.', '--url', stub.url)
    stub.stop()
    expect(outcome.code, outcome.output + outcome.errors).toBe(expected)
    expect(lastLine(outcome)).toBe(last)
    const [asked] = stub.asked
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/api/v4/customerBillOnDemand',
      body: JSON.stringify(payload)
    })
    expect(asked?.headers).toMatchObject({ 'content-type': 'application/json', 'x-of-the-kit': 'secret-of-the-kit' })
    expect(asked?.headers).not.toHaveProperty('x-of-the-collection')
    expect(readFileSync(path.join(folder, 'reports', 'ctk-kit.html'), 'utf8')).not.toContain('secret-of-the-kit')
  })

  it.each([
    { user: [], grant: 'grant_type=client_credentials' },
    { user: ['--username', 'a b'], grant: `grant_type=password&username=a+b&password=${encodePassword(DEMO.password)}` }
  ])('is run with a token got by $grant, which is not shown', async ({ user, grant }) => {
    const stub = await startStub(({ url }) => (url === '/token' ? '{"access_token":"never-show-this"}' : '{"id":"x"}'))
    writeKit(folder, right, payload)
    const at = ['--url', stub.url, '--token-url', new URL('/token', stub.url).href, '--client-id', 'me']
    const { code, output, errors } = await ctk(folder, '--kit', '.', ...at, ...user, '--reports', 'token')
    stub.stop()
    expect(code, output + errors).toBe(0)
    const [asked, ...others] = stub.asked
    expect(asked?.body).toBe(`${grant}&client_id=me&client_secret=${DEMO.clientSecret}`)
    expect(others.map(({ headers }) => headers.authorization)).toEqual(['Bearer never-show-this'])
    const files = ['ctk-kit.json', 'ctk-kit.html'].map((name) => readFileSync(path.join(folder, 'token', name), 'utf8'))
    for (const said of [output, errors, ...files]) expect(said).not.toContain('never-show-this')
  })

  it('is run on a server that is started for it, with a token, and stopped', async () => {
    writeKit(folder, "pm.test('is created', () => pm.response.to.have.status(201))", {
      billingAccount: { id: 'A0815' }
    })
    const outcome = await ctkProcess(folder, '--kit', '.', '--reports', 'own')
    expect(outcome.code, outcome.output + outcome.errors).toBe(0)
    expect(lastLine(outcome)).toBe('1 passed, 0 failed')
    const [, url = ''] = /running against (\S+)/.exec(outcome.output) ?? []
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it('is not run without a token, and no secret is shown', async () => {
    const stub = await startStub(({ body }) => JSON.stringify({ error: 'invalid_client', echo: body }))
    writeKit(folder, right, payload)
    const at = ['--url', stub.url, '--token-url', stub.url, '--client-id', 'me']
    const { code, output, errors } = await ctk(folder, '--kit', '.', ...at)
    stub.stop()
    expect({ code, errors }).toEqual({ code: 1, errors: `ctk: no token: ${stub.url} answered with 200\n` })
    expect(stub.asked).toHaveLength(1)
    expect(output + errors).not.toContain(DEMO.clientSecret)
  })

  it('is refused when a payload of its config does not fit its schema', async () => {
    writeKit(folder, right, {})
    const { code, errors } = await ctk(folder, '--kit', '.', '--url', 'http://127.0.0.1:1/')
    expect(code).toBe(2)
    expect(errors.trim().split('\n')).toEqual([expect.stringContaining('payload of CustomerBillOnDemand')])
  })
})
