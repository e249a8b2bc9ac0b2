import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { parseOptions, UsageError } from '../../ctk/options.ts'
import { ctk, ctkProcess } from './command.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-test-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
    { args: ['--nope'], says: "Unknown option '--nope'", run: ctkProcess },
    { args: ['--kit', 'no-such-kit'], says: 'no such folder: ', run: ctk },
    { args: ['--kit', '..'], says: 'no such file: ', run: ctk }
  ])('$args exits 2 with one line', async ({ args, says, run }) => {
    const { code, errors } = await run(folder, ...args)
    expect(code).toBe(2)
    expect(errors.trim().split('\n')).toEqual([expect.stringContaining(says)])
  })

  it('takes relative paths from the folder of the caller and ends the URL in a slash', () => {
    const options = parseOptions(['--kit', 'kit', '--reports', 'out', '--url', 'http://127.0.0.1:3000/v4'], '/caller')
    const kit = path.resolve('/caller/kit')
    expect(options).toMatchObject({ kit, reports: path.resolve('/caller/out'), url: 'http://127.0.0.1:3000/v4/' })
  })
})

test('a token of the environment is sent, unless a header says otherwise', () => {
  const sent = (...args: string[]) => parseOptions(args, '/', { CTK_TOKEN: 'secret' }).headers
  expect(sent()).toEqual({ Authorization: 'Bearer secret' })
  expect(sent('--header', 'Authorization: ApiKey x')).toEqual({ Authorization: 'ApiKey x' })
})
