import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealAudit } from '../../src/audit/seal.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ulid.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import type { Result } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { sql } from '../../src/db/sql.ts'
import { ADMIN_SAMPLES, bearer, requestToken } from '../admin/administration.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { secrets } from '../support/config.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ACTOR = { type: 'command' as const, id: 'ops', name: 'ops' }
const FOLLOW = { print: () => undefined, interruption: () => AbortSignal.abort() }
const GIVEN = { clock: systemClock, newId, secrets, actor: ACTOR, ...FOLLOW }

let server: TestServer
let partnerId: string
beforeAll(async () => {
  server = await startTestServer()
  partnerId = await addPartner(server.database, TENANT, 'PARTNER-1')
})
afterAll(() => server.close())

/** Runs a command with standard input. */
async function run(words: readonly string[], input = ''): Promise<Result> {
  const line = readCommandLine(databaseCommands, words)
  if (line.kind !== 'command') throw new Error('this is no command')
  const work = line.command.prepare(line.args)
  const screen = { isTerminal: false, write: () => undefined }
  const startWork = () => Promise.reject(new Error('no command here has jobs to work off'))
  return work({ ...GIVEN, database: server.database, readInput: async () => input, screen, startWork })
}

/** Returns the JSON of a command with --json. */
async function runJson(words: readonly string[], input?: string): Promise<Answer> {
  return parsed((await run([...words, '--json'], input)).text)
}

const inDemo = (command: string, ...more: readonly string[]) => [...command.split(' '), '--tenant', TENANT, ...more]

/** Returns the value of a line such as `secret  abc`. */
function shownAs({ text }: Result, name: string): string {
  return String(new RegExp(`^${name} +(\\S+)$`, 'm').exec(text)?.[1])
}

/** Returns the rows of a tenant's audit, newest last. */
async function audit(tenantId: string): Promise<readonly (readonly (string | null)[])[]> {
  const { rows } = await server.database.run(
    sql`SELECT "actor_type", "actor_id", "actor_name", "action", "resource_type", "resource_id", "before", "after"
      FROM "audit" WHERE "tenant_id" = ${tenantId} ORDER BY "id"`
  )
  return rows
}

const asAssignments = (body: object) => Object.entries(body).map(([name, value]) => `${name}=${value ?? ''}`)

describe.each(Object.entries(ADMIN_SAMPLES))('A %s', (path, { body, patch }) => {
  test('is created, listed, changed and removed, each with a row of the audit', async () => {
    const before = (await audit(TENANT)).length
    const { id, href, ...created } = await runJson(inDemo(`${path} create`, ...asAssignments(body)))
    expect(created).toMatchObject(body)
    expect(href).toBe(`/admin/v1/${path}/${id}`)
    const { text } = await run(inDemo(`${path} list`))
    expect(text.split('\n').filter((line) => line.startsWith(id))).toHaveLength(1)
    await run(inDemo(`${path} set`, id, ...asAssignments(patch)))
    const documents = (await run(inDemo(`${path} list`, '--json'))).text.split('\n').map(parsed)
    const expected = Object.fromEntries(Object.entries({ ...body, ...patch }).filter(([, value]) => value !== null))
    expect(documents.find((document) => document.id === id)).toMatchObject(expected)
    expect(await run(inDemo(`${path} remove`, id))).toEqual({ text: `removed ${path} ${id}` })
    expect((await run(inDemo(`${path} list`))).text).not.toContain(id)
    const rows = (await audit(TENANT)).slice(before)
    const type = `${path[0]?.toUpperCase()}${path.slice(1)}`
    expect(rows.map((row) => row.slice(0, 6))).toEqual(
      ['create', 'patch', 'remove'].map((action) => ['command', 'ops', 'ops', action, type, id])
    )
  })

  test('of another tenant is not there', async () => {
    const { id } = await runJson(inDemo(`${path} create`, ...asAssignments(body)))
    const remove = [path, 'remove', '--tenant', 'other', id]
    await expect(run(remove)).rejects.toMatchObject({ kind: 'notFound' })
    expect((await run([path, 'list', '--tenant', 'other'])).text).not.toContain(id)
    await run(inDemo(`${path} remove`, id))
  })
})

test('A list has a heading, and shows partners by their account numbers', async () => {
  await run(inDemo('user create', 'username=of-partner', 'scope=bill:read,bill:write', 'partner=PARTNER-1'))
  await run(inDemo('user create', 'username=by-id', 'scope=trust', `partner=${partnerId}`))
  const { text } = await run(inDemo('user list'))
  expect(text.split('\n').map((line) => line.split(/ {2,}/).slice(1))).toEqual([
    ['username', 'name', 'scope', 'isEnabled', 'partner'],
    ['of-partner', '-', 'bill:read,bill:write', 'true', 'PARTNER-1'],
    ['by-id', '-', 'trust', 'true', 'PARTNER-1']
  ])
})

test('More than a page is listed whole', async () => {
  await server.database.run(sql`INSERT INTO "partner" ("tenant_id", "id", "last_update", "account_number")
    SELECT 'other', '01M7' || lpad(n::text, 22, '0'), now(), n::text FROM generate_series(1, 2001) AS n`)
  const { text } = await run(['partner', 'list', '--tenant', 'other'])
  expect(new Set(text.split('\n')).size).toBe(2002)
})

test.each([
  ['user list --tenant nobody', 'notFound', 'There is no tenant with this id'],
  ['user remove --tenant demo nobody', 'notFound', 'There is no user "nobody" in this tenant'],
  ['apiKey remove --tenant demo key-1', 'notFound', 'There is no apiKey "key-1" in this tenant'],
  ['partner remove --tenant demo PARTNER-1', 'conflict', 'This partner cannot be deleted: at least one user'],
  ['partner create --tenant demo accountNumber=PARTNER-1', 'conflict', 'There is a partner with this accountNumber'],
  ['user create --tenant demo username=x scope=trust partner=P', 'notFound', 'There is no partner "P" in this tenant'],
  ['user create --tenant demo username=x scope=all', 'invalidField', '$.scope[0] must be one of trust, '],
  ['user create --tenant demo scope=trust', 'missingField', '$.username is required'],
  ['user set --tenant demo of-partner isEnabled=no', 'invalidField', '$.isEnabled must be of type boolean'],
  ['tenant create demo Demo', 'conflict', 'There is a tenant with this id already'],
  ['tenant create a/b Name', 'invalidField', '$.id must match'],
  ['tenant rename nobody Name', 'notFound', 'There is no tenant with this id'],
  ['signing-key rotate --tenant nobody', 'notFound', 'There is no tenant with this id']
])('%j is a %s', async (line, kind, message) => {
  await expect(run(line.split(' '))).rejects.toMatchObject({ kind, message: expect.stringContaining(message) })
})

test('A row is found by its name in its own tenant, and an id is never taken for a name', async () => {
  await addPartner(server.database, 'other', 'SHARED')
  const shared = await addPartner(server.database, TENANT, 'SHARED')
  expect(await run(inDemo('partner remove', 'SHARED'))).toEqual({ text: `removed partner ${shared}` })
  const id = newId()
  const namedSo = await addPartner(server.database, TENANT, id)
  await server.database.run(sql`INSERT INTO "partner" ("tenant_id", "id", "last_update", "account_number")
    VALUES (${TENANT}, ${id}, now(), 'ANY')`)
  expect(await run(inDemo('partner remove', id))).toEqual({ text: `removed partner ${id}` })
  expect(await run(inDemo('partner remove', id))).toEqual({ text: `removed partner ${namedSo}` })
})

describe('Secrets', () => {
  const token = (clientId: string, secret: string) =>
    requestToken(server, { grant_type: 'client_credentials', client_id: clientId, client_secret: secret })
  const signIn = async (username: string, password: string) => {
    const { secret } = await signer
    const client = { client_id: 'signer', client_secret: String(secret) }
    const user = { username, password: encodePassword(password) }
    return (await requestToken(server, { grant_type: 'password', ...client, ...user })).status
  }
  let signer: Promise<{ secret: string }>
  beforeAll(() => {
    signer = runJson(
      inDemo('client create', 'clientId=signer', 'grantTypes=password,client_credentials', 'scope=trust')
    )
  })

  test('of a client are made, and made anew', async () => {
    const created = await run(
      inDemo('client create', 'clientId=upload', 'grantTypes=client_credentials', 'scope=bill:write')
    )
    const [first, second] = [created, await run(inDemo('client rotate', 'upload'))].map((made) =>
      shownAs(made, 'secret')
    )
    expect(created.text).toContain('Not shown again: secret.')
    expect((await token('upload', String(first))).status).toBe(401)
    expect((await token('upload', String(second))).status).toBe(200)
  })

  test('of a user are read from standard input, or made', async () => {
    const create = inDemo('user create', 'username=zoe', 'scope=trust', '--password-stdin')
    expect((await run(create, 'correct horse\r\n')).text).toMatch(/^id +\w{26}$/)
    expect(await signIn('zoe', 'correct horse')).toBe(200)
    const made = shownAs(await run(inDemo('user password', 'zoe')), 'password')
    expect(await signIn('zoe', 'correct horse')).toBe(400)
    expect(await signIn('zoe', made)).toBe(200)
    await run(inDemo('user password', 'zoe', '--password-stdin'), ' blanks count \n')
    expect(await signIn('zoe', ' blanks count ')).toBe(200)
  })

  test.each(['', '\n', 'short'])('a password %j on standard input is refused', async (input) => {
    const words = inDemo('user create', 'username=new', 'scope=trust', '--password-stdin')
    await expect(run(words, input)).rejects.toMatchObject({ kind: 'invalidField' })
  })

  test('of an API key overlap as long as is asked', async () => {
    const old = await runJson(inDemo('apiKey create', 'name=VoIP', 'scope=bill:read'))
    const made = await runJson(inDemo('apiKey rotate', old.id, '--overlap', '60'))
    const newest = await runJson(inDemo('apiKey rotate', made.id))
    const opens = async (key: string) => (await server.call('GET', 'customerBill', undefined, { token: key })).status
    expect(await Promise.all([old, made, newest].map(({ key }) => opens(key)))).toEqual([200, 401, 200])
  })

  test('are not in the audit', async () => {
    const { key } = await runJson(inDemo('apiKey create', 'name=Hidden', 'scope=bill:read'))
    const { password } = await runJson(inDemo('user create', 'username=hidden', 'scope=trust'))
    const text = JSON.stringify(await audit(TENANT))
    for (const secret of [key, password, (await signer).secret]) expect(text).not.toContain(secret)
  })
})

test('A signing key is replaced by one of its kind, or of the kind that is asked for; tokens stay valid', async () => {
  const { secret } = await runJson(
    inDemo('client create', 'clientId=reader', 'grantTypes=client_credentials', 'scope=bill:read')
  )
  const credentials = { grant_type: 'client_credentials', client_id: 'reader', client_secret: secret }
  const token = await requestToken(server, credentials)
  const before = (await audit(TENANT)).length
  for (const more of [[], ['--algorithm', 'ES256'], []]) {
    const { text } = await run(inDemo('signing-key rotate', ...more))
    expect(text).toMatch(/^tenant demo signs with key \w{26}$/)
  }
  const rows = (await audit(TENANT)).slice(before)
  expect(rows.map(([, , , action, type, , , after]) => [action, type, JSON.parse(String(after))])).toEqual(
    ['EdDSA', 'ES256', 'ES256'].map((algorithm) => ['rotate', 'SigningKey', { algorithm }])
  )
  const keys = (await server.call('GET', '/.well-known/jwks.json')).text.matchAll(/"kid":"(\w+)"/g)
  expect(rows.map((row) => row[5])).toEqual([...keys].map(([, kid]) => kid).slice(-3))
  expect((await server.call('GET', 'customerBill', undefined, bearer(token))).status).toBe(200)
})

test('A tenant is created for an operator or not, renamed and listed', async () => {
  await run(['tenant', 'create', 'operator', 'Operator', '--operator'])
  await run(['tenant', 'create', 'acme', 'Acme'])
  await run(['tenant', 'rename', 'acme', 'Acme Ltd'])
  expect((await run(['tenant', 'list'])).text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['id', 'name', 'isOperator'],
    ['acme', 'Acme Ltd', 'false'],
    ['demo', 'demo', 'false'],
    ['operator', 'Operator', 'true'],
    ['other', 'other', 'false']
  ])
  expect((await audit('acme')).map((row) => row.slice(0, 5))).toEqual([
    ['command', 'ops', 'ops', 'create', 'Tenant'],
    ['command', 'ops', 'ops', 'create', 'Client'],
    ['command', 'ops', 'ops', 'create', 'User'],
    ['command', 'ops', 'ops', 'patch', 'Tenant']
  ])
})

test('A head that was kept elsewhere is proved, and a wrong one is a failure', async () => {
  await run(['tenant', 'create', 'proved', 'Proved'])
  await sealAudit(server.database)
  const { text, isFailure } = await run(['audit', 'verify'])
  const head = String(/head (proved:3:\w{64})$/m.exec(text)?.[1])
  expect(isFailure).toBe(false)
  expect(await run(['audit', 'verify', '--head', head])).toEqual({ text, isFailure: false })
  const wrong = head.replace(/\w{8}$/, '00000000')
  expect(await run(['audit', 'verify', '--head', head, '--head', wrong])).toMatchObject({
    text: expect.stringMatching(/^proved: BROKEN at position 3, row /m),
    isFailure: true
  })
})
