import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase, withDatabase } from './support/database.ts'

const PROJECT = path.resolve(import.meta.dirname, '..')
const EMPTY = 'test_cli_empty'
const DEMO_LINES = [
  'tenant demo (Nordlicht Telekom): 220 customerBill, 15 customerBillOnDemand, ' +
    '1550 appliedCustomerBillingRate, 28 billCycle, 3 billCycleSpecification',
  'tenant demo2 (Turmfalke IoT): 80 customerBill, 5 customerBillOnDemand, ' +
    '450 appliedCustomerBillingRate, 8 billCycle, 1 billCycleSpecification'
]

interface Outcome {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs the command line with these variables and none of ours. */
function cli(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { PATH, HOME } = process.env
  const program = path.join(PROJECT, 'node_modules/.bin/node')
  return new Promise((resolve) => {
    execFile(program, ['src/cli.ts', ...args], { cwd: PROJECT, env: { PATH, HOME, ...env } }, (error, output, errors) =>
      resolve({ code: Number(error?.code ?? 0), output, errors })
    )
  })
}

describe('usage', () => {
  test.each([
    [['nothing'], 'tmf678-server: there is no command nothing; try help\n'],
    [['constructor'], 'tmf678-server: there is no command constructor; try help\n'],
    [[], 'tmf678-server: which command?; try help\n'],
    [['migrate', 'now'], 'tmf678-server: migrate takes no arguments; try help\n'],
    [['--force', 'demo'], "tmf678-server: Unknown option '--force'; try help\n"]
  ])('%j is refused in one line with exit code 2', async (args, line) => {
    expect(await cli(args)).toEqual({ code: 2, output: '', errors: line })
  })

  test.each([['help'], ['--help'], ['-h']])('%s names every command', async (argument) => {
    const { code, output, errors } = await cli([argument])
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    for (const name of ['migrate', 'demo', 'openapi', 'help']) expect(output).toContain(`\n  ${name} `)
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

  test('demo wants the migrations first, migrate names what it applies, then there is nothing to do', async () => {
    expect(await cli(['demo'], { DATABASE_URL: empty })).toEqual({
      code: 1,
      output: '',
      errors: 'tmf678-server: The database lacks migrations; run npm run db:migrate first\n'
    })
    const first = await cli(['migrate'], { DATABASE_URL: empty })
    expect(first).toMatchObject({ code: 0, errors: '' })
    expect(first.output).toMatch(/^(applied \d{14}_\w+\n)+$/)
    expect(await cli(['migrate'], { DATABASE_URL: empty })).toEqual({ code: 0, output: 'up to date\n', errors: '' })
  })

  test('demo fills it and says what is there, as often as it is asked', async () => {
    for (let time = 1; time <= 2; time++) {
      const { code, output, errors } = await cli(['demo'], { DATABASE_URL: filled.url })
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output.split('\n')).toEqual(expect.arrayContaining(DEMO_LINES))
    }
  })

  test.each(['migrate', 'demo'])('%s says in one line that the database is down', async (command) => {
    const { code, output, errors } = await cli([command], {
      DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:1/none'
    })
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors).toMatch(/^tmf678-server: .*ECONNREFUSED.*\n$/)
    expect(errors).not.toContain('secret')
  })

  test('migrate without DATABASE_URL, and a wrong configuration, are said in one line', async () => {
    expect(await cli(['migrate'])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^.*DATABASE_URL is not set.*\n$/)
    })
    expect(await cli(['demo'], { PORT: 'x' })).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^.*PORT: .*\n$/)
    })
  })
})

test('without DATABASE_URL demo fills the embedded database and stops it again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-cli-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  chmodSync(folder, 0o755)
  try {
    const { code, output, errors } = await cli(['demo'], { DATA_DIR: folder })
    expect({ code, output, errors }).toEqual({ code: 0, output: `${DEMO_LINES.join('\n')}\n`, errors: '' })
    const files = readdirSync(folder, { recursive: true }).map((file) => path.basename(String(file)))
    expect(files).toContain('PG_VERSION')
    expect(files).not.toContain('postmaster.pid')
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
