import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealAudit } from '../src/audit/seal.ts'
import { encodePassword } from '../src/auth/sign-in/password.ts'
import { startEmbeddedPostgres } from '../src/db/embedded/postgres.ts'
import { sql } from '../src/db/sql.ts'
import { ADMIN, bearer, requestToken } from './admin/administration.ts'
import { SECRET_KEYS } from './support/config.ts'
import { createTestDatabase, type TestDatabase, withDatabase } from './support/database.ts'
import { startTestServer } from './support/server.ts'

const PROJECT = path.resolve(import.meta.dirname, '..')
const EMPTY = 'test_cli_empty'
const DEMO_LINES = [
  'tenant demo (Nordlicht Telekom): 220 customerBill, 15 customerBillOnDemand, ' +
    '1550 appliedCustomerBillingRate, 28 billCycle, 3 billCycleSpecification, 30 customers, 30 accounts',
  'tenant demo2 (Turmfalke IoT): 80 customerBill, 5 customerBillOnDemand, ' +
    '450 appliedCustomerBillingRate, 8 billCycle, 1 billCycleSpecification, 10 customers, 10 accounts'
]

interface Outcome {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs the command line with these variables only, and standard input. */
function cli(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Outcome> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const program = path.join(PROJECT, 'node_modules/.bin/node')
  return new Promise((resolve) => {
    const options = { cwd: PROJECT, env: { PATH, HOME, NODE_COMPILE_CACHE, SECRET_KEYS, ...env } }
    const child = execFile(program, ['src/cli.ts', ...args], options, (error, output, errors) =>
      resolve({ code: Number(error?.code ?? 0), output, errors })
    )
    child.stdin?.end(input)
  })
}

describe('usage', () => {
  test.each([
    [['nothing'], 'tmf678-server: there is no command nothing; try help\n'],
    [[], 'tmf678-server: which command?; try help\n'],
    [['migrate', 'now'], 'tmf678-server: migrate takes no arguments; try help migrate\n'],
    [['demo-data', '--force'], "tmf678-server: Unknown option '--force'; try help demo-data\n"]
  ])('%j is refused in one line with exit code 2', async (args, line) => {
    expect(await cli(args)).toEqual({ code: 2, output: '', errors: line })
  })

  test.each([['help'], ['--help'], ['-h']])('%s names every command', async (argument) => {
    const { code, output, errors } = await cli([argument])
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    for (const name of ['migrate', 'demo-data', 'openapi', 'user create', 'audit verify', 'help'])
      expect(output).toContain(`\n  ${name} `)
  })
})

describe('on a database', () => {
  let filled: TestDatabase
  let server: pg.Client
  let empty: string
  beforeAll(async () => {
    filled = await createTestDatabase()
    server = new pg.Client(process.env.TEST_DATABASE_URL)
    await server.connect()
    await server.query(`CREATE DATABASE ${EMPTY}`)
    empty = withDatabase(String(process.env.TEST_DATABASE_URL), EMPTY)
  })
  afterAll(async () => {
    await filled.drop()
    await server.query(`DROP DATABASE ${EMPTY} WITH (FORCE)`)
    await server.end()
  })

  test('demo data wants the migrations first, migrate names what it applies, then there is nothing to do', async () => {
    expect(await cli(['demo-data'], { DATABASE_URL: empty })).toEqual({
      code: 1,
      output: '',
      errors: 'tmf678-server: The database lacks migrations; run npm run db:migrate first\n'
    })
    const first = await cli(['migrate'], { DATABASE_URL: empty })
    expect(first).toMatchObject({ code: 0, errors: '' })
    expect(first.output).toMatch(/^(applied \d{14}_\w+\n)+$/)
    expect(await cli(['migrate'], { DATABASE_URL: empty })).toEqual({ code: 0, output: 'up to date\n', errors: '' })
  })

  test('demo-data fills it and says what is there, as often as it is asked', async () => {
    for (let time = 1; time <= 2; time++) {
      const { code, output, errors } = await cli(['demo-data'], { DATABASE_URL: filled.url })
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output.split('\n')).toEqual(expect.arrayContaining(DEMO_LINES))
    }
  })

  test.each(['migrate', 'demo-data'])('%s says in one line that the database is down', async (command) => {
    const { code, output, errors } = await cli([command], {
      DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:1/none'
    })
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors).toMatch(/^tmf678-server: .*ECONNREFUSED.*\n$/)
    expect(errors).not.toContain('secret')
  })

  test('what a new tenant is given opens the API, and the audit says who made it', async () => {
    const env = { DATABASE_URL: filled.url }
    const { code, output, errors } = await cli(['tenant', 'create', 'acme', 'Acme Ltd'], env)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const secrets = /^tenant +acme\nclient +acme\nsecret +(\S+)\nuser +admin\npassword +(\S+)\n/.exec(output)
    const [, secret = '', password = ''] = secrets ?? []
    const app = await startTestServer({}, filled)
    const client = { grant_type: 'password', client_id: 'acme', client_secret: secret, username: 'admin' }
    const token = await requestToken(app, { ...client, password: encodePassword(password) })
    const { body } = await app.call('GET', `${ADMIN}/audit`, undefined, bearer(token))
    const actor = { actorType: 'command', actorId: userInfo().username, actorName: userInfo().username }
    expect(body).toEqual([
      expect.objectContaining({ ...actor, action: 'create', resourceType: 'Tenant' }),
      expect.objectContaining({ ...actor, action: 'create', resourceType: 'Client' }),
      expect.objectContaining({ ...actor, action: 'create', resourceType: 'User' })
    ])
    await app.close()
  })

  test('a password comes by standard input, and what is wrong with it is said in one line', async () => {
    const words = ['user', 'create', '--tenant', 'demo', 'username=zoe', 'scope=trust', '--password-stdin']
    expect(await cli(words, { DATABASE_URL: filled.url }, 'short\n')).toEqual({
      code: 1,
      output: '',
      errors: 'tmf678-server: $.password must be a text of 8 to 256 characters\n'
    })
    const made = await cli(words, { DATABASE_URL: filled.url }, 'long enough\n')
    expect(made).toEqual({ code: 0, output: expect.stringMatching(/^id +\w{26}\n$/), errors: '' })
  })

  test('audit verify names the row that was changed in SQL, with exit code 1', async () => {
    const env = { DATABASE_URL: filled.url }
    await cli(['partner', 'create', '--tenant', 'other', 'accountNumber=P-1'], env)
    await sealAudit(filled.database)
    const sound = await cli(['audit', 'verify'], env)
    expect(sound).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^other: sound, 1 rows sealed, 0 not yet, /m)
    })
    await filled.database.run(sql`ALTER TABLE "audit" DISABLE TRIGGER USER`)
    const { rows } = await filled.database.run(
      sql`UPDATE "audit" SET "actor_name" = 'somebody' WHERE "tenant_id" = 'other' RETURNING "id"`
    )
    const broken = await cli(['audit', 'verify'], env)
    expect(broken).toMatchObject({ code: 1, errors: '' })
    expect(broken.output).toContain(`other: BROKEN at position 1, row ${rows[0]?.[0]}: `)
  })

  test('migrate without DATABASE_URL, and a wrong configuration, are said in one line', async () => {
    expect(await cli(['migrate'])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^.*DATABASE_URL is not set.*\n$/)
    })
    expect(await cli(['demo-data'], { PORT: 'x' })).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^.*PORT: .*\n$/)
    })
  })
})

test('without DATABASE_URL commands use the embedded database, and stop it again unless others use it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-cli-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  chmodSync(folder, 0o755)
  try {
    const { code, output, errors } = await cli(['demo-data'], { DATA_DIR: folder })
    // With the reseller, its customers and their rates.
    const lines = DEMO_LINES.join('\n').replace('1550', '1557').replace('30 customers, 30 acc', '34 customers, 34 acc')
    expect({ code, output, errors }).toEqual({ code: 0, output: `${lines}\n`, errors: '' })
    const files = readdirSync(folder, { recursive: true }).map((file) => path.basename(String(file)))
    expect(files).toContain('PG_VERSION')
    expect(files).not.toContain('postmaster.pid')

    const running = await startEmbeddedPostgres({ directory: folder })
    const beside = await cli(['partner', 'list', '--tenant', 'demo'], { DATA_DIR: folder })
    expect(beside).toEqual({ code: 0, output: expect.stringMatching(/ PARTNER-1 /), errors: '' })
    const client = new pg.Client(running.url)
    await client.connect()
    expect((await client.query('SELECT FROM tenant')).rowCount).toBe(2)
    await client.end()
    await running.stop()
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
