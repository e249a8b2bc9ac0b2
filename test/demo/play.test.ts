import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isAlive } from '../../src/db/embedded/file-lock.ts'
import { sql } from '../../src/db/sql.ts'
import { addAccounts, addCustomer } from '../support/accounts.ts'
import { SECRET_KEYS } from '../support/config.ts'
import { createTestDatabase } from '../support/database.ts'

const PROJECT = path.resolve(import.meta.dirname, '../..')
const ACCOUNTS = 20
/** A result line of each chapter. */
const KEY_LINES = [
  '1. An operator',
  '< tenant seewind, client seewind, user admin',
  '2. A subscriber',
  '< 201  active, with a secret of 50 characters',
  '< 200  active, the secret is not shown again',
  '3. A calendar',
  '< opened billCycle ',
  '4. Customers and accounts',
  '< 201  P-2001 in EUR, VAT 0.19, found as +49 1555 0102001',
  '5. Rates come in',
  '< 200  253 created, 1 refused',
  'line 254: $.taxExcludedAmount.value must not be positive on an appliedBillingCredit',
  '< 200  253 duplicate, 1 refused',
  '6. A preview',
  'printed lines 67.25 EUR + rounding -0.01 EUR + VAT 12.78 EUR = 80.02 EUR',
  '7. A dry run',
  '100 %  20 of 20 accounts',
  '< 200  0 bills',
  '8. The run',
  'is in USD, the account in EUR',
  'billed 17 + skipped 3 + parked 0 = eligible 20',
  '< 409  This billCycle is closed: it was run to its end',
  '9. Bills are sent',
  '-000001 to SW-',
  '10. Payments',
  '< 200  the same payment',
  'partiallyPaid, 75.76 EUR of 95.76 EUR left',
  '110.18 EUR for a bill, 89.82 EUR credit',
  '< 200  19580 JPY reversed',
  'of 8 payments 7 matched, 1 waits for a person',
  ', probably for SW-',
  '< 200  assigned',
  'settled, ',
  '11. A bill on demand',
  '-000018 partiallyPaid, 185.68 EUR of 275.50 EUR left',
  '12. Prepaid',
  '< 200  rejected: The balance of 0 EUR is too low for 18.75 EUR',
  '-000019 settled, 0.00 EUR of 18.75 EUR left',
  '< 200  rejected: The balance of 0.48 EUR is too low for 2.38 EUR',
  '13. A reseller',
  '< 200  the customer has 45 EUR',
  'covers only 5',
  '< 200  5 EUR',
  '14. Statements',
  'opening 0.00 EUR + payments 200.00 EUR - total charges 385.68 EUR = closing -185.68 EUR',
  'opening 0.00 EUR + payments 25.00 EUR - total charges 18.75 EUR = closing 6.25 EUR',
  '15. Documents',
  'kept in reports/demo/bill.pdf',
  '16. The books',
  '0.000 KWD',
  ': sound, 60 journals, 21 bills, 19 payments',
  ' rows sealed, 0 not yet, head seewind:',
  '17. Events',
  'CustomerBillCreateEvent                21',
  'every signature is right',
  '< 200  PaymentReversedEvent, version 2 of its payment',
  '< 204  no more events',
  '< 404  There is no listener with this id',
  '18. The wrong bill of the month',
  '< 200  95.76 EUR, less payment 20.00 EUR',
  '< 201  95.76 EUR given back',
  'partiallyPaid, 69.81 EUR of 89.81 EUR left',
  '-5.95 EUR: Mobile Unlimited 5G: Each is 34.99 EUR, before 39.99 EUR.',
  'opening 0.00 EUR + payments 20.00 EUR - total charges 89.81 EUR = closing -69.81 EUR',
  '19. A shadow run',
  '15 accounts are equal, 1 differs',
  '< 200  A-1002 in amount, tax by 0.01 EUR',
  'JPY           here 50733, there 50733, difference 0',
  '20. A legacy month',
  '< 202  200 rows are received',
  '< 200  done: 197 created, 3 refused, 15222.28 EUR',
  '"amount 12.345 must have at most 2 decimal places, as EUR has"',
  '< 200  done: 3 created, 0 refused, 214.72 EUR'
]

interface Demo {
  readonly child: ChildProcess
  readonly folder: string
  /** Output, exit code, and the process id of Postgres; 0 for none. */
  readonly ended: Promise<{ output: string; errors: string; code: number | null; postgres: number }>
}

const started: Demo[] = []
// Tests run at the same time: none may remove another's files.
afterAll(async () => {
  for (const { child, folder, ended } of started) {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** Runs the demo in a folder of its own, with its temporary files. */
function startDemo(env: Record<string, string> = {}): Demo {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-month-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  chmodSync(folder, 0o755)
  const { PATH, HOME } = process.env
  const args = [path.join(PROJECT, 'demo/run.ts'), '--accounts', String(ACCOUNTS)]
  const options = { cwd: folder, env: { PATH, HOME, TMPDIR: folder, SECRET_KEYS, ...env } }
  const child = spawn(path.join(PROJECT, 'node_modules/.bin/node'), args, options)
  const said = { output: '', errors: '' }
  let postgres = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.output += text
    postgres ||= postgresIn(folder)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.errors += text
  })
  const ended = once(child, 'close').then(([code]) => ({ ...said, code: code as number | null, postgres }))
  const demo = { child, folder, ended }
  started.push(demo)
  return demo
}

/** Returns the process id of a demo's Postgres; 0 for none. */
function postgresIn(folder: string): number {
  const [own] = readdirSync(folder).filter((name) => name.startsWith('tmf678-demo-'))
  try {
    return own ? Number(readFileSync(path.join(folder, own, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]) : 0
  } catch {
    return 0
  }
}

describe('the demo', () => {
  test.concurrent('is played on a Postgres of its own, of which nothing is left but the documents', async () => {
    const { folder, ended } = startDemo()
    const { code, output, errors, postgres } = await ended
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    let at = 0
    const missing = KEY_LINES.filter((line) => {
      const found = output.indexOf(line, at)
      at = Math.max(at, found)
      return found < 0
    })
    expect(missing).toEqual([])
    expect(output).not.toMatch(/eyJ|whsec_|access_token|client_secret|password=/)
    expect(readdirSync(folder)).toEqual(['reports'])
    expect(readdirSync(path.join(folder, 'reports/demo')).sort()).toEqual(['bill.csv', 'bill.html', 'bill.pdf'])
    expect(postgres).toBeGreaterThan(0)
    expect(isAlive(postgres)).toBe(false)
  })

  test.concurrent('is cut short by Ctrl-C, and clears away', async () => {
    const { child, folder, ended } = startDemo()
    child.stdout?.on('data', (text: string) => {
      if (text.includes('4. Customers')) child.kill('SIGINT')
    })
    const { code, output, errors, postgres } = await ended
    expect({ code, errors }).toEqual({ code: 1, errors: 'tmf678-server: The demo was stopped before its end\n' })
    expect(output).not.toContain('15. The books')
    expect(readdirSync(folder)).toEqual(['reports'])
    expect(postgres).toBeGreaterThan(0)
    expect(isAlive(postgres)).toBe(false)
  })

  test.concurrent('refuses a database with accounts in one line, and leaves it as it was', async () => {
    const { url, database, drop } = await createTestDatabase()
    await addCustomer(database)
    await addAccounts(database, ['A-1'])
    const { folder, ended } = startDemo({ DATABASE_URL: url })
    const line =
      'tmf678-server: The demo needs a fresh database, and this one has accounts already; ' +
      'without DATABASE_URL it runs on one of its own\n'
    expect(await ended).toEqual({ code: 1, output: '', errors: line, postgres: 0 })
    expect(readdirSync(folder)).toEqual([])
    const { rows } = await database.run(sql`SELECT "id" FROM "tenant" ORDER BY 1`)
    expect(rows).toEqual([['demo'], ['other']])
    await drop()
  })

  test.concurrent('ends in one line that says what was expected when something comes out otherwise', async () => {
    const { url, database, drop } = await createTestDatabase()
    await database.run(sql`CREATE FUNCTION "swindle"() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW."amount" := NEW."amount" - 1; RETURN NEW; END'`)
    await database.run(sql`CREATE TRIGGER "swindle" BEFORE INSERT ON "payment" FOR EACH ROW
      WHEN (NEW."method" = 'cash') EXECUTE FUNCTION "swindle"()`)
    const { ended } = startDemo({ DATABASE_URL: url })
    const { code, output, errors } = await ended
    expect({ code, errors }).toEqual({
      code: 1,
      errors: expect.stringMatching(
        /^tmf678-server: The demo expected what remains of SW-\d{4}-\d{6} to be "75\.76 EUR", but it is "76\.76 EUR"\n$/
      )
    })
    expect(output).toContain('10. Payments')
    expect(output).not.toContain('11. A bill on demand')
    await drop()
  })
})
