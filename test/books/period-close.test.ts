import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { memberOf } from '../../src/base/unknown.ts'
import { readCommandLine } from '../../src/cli/arguments.ts'
import type { Context } from '../../src/cli/command.ts'
import { databaseCommands } from '../../src/cli/index.ts'
import { sql } from '../../src/db/sql.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { AUTHOR, addAccount, addBill, pay, startLedger, tamper } from '../billing/ledger-world.ts'
import { secrets } from '../support/config.ts'
import { TENANT } from '../support/database.ts'
import { payIn } from '../support/payments.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** For commands that need none of it. */
const UNUSED: Omit<Context, 'database' | 'clock'> = {
  newId,
  secrets,
  actor: { type: 'command', id: 'ops', name: 'ops' },
  readInput: async () => '',
  screen: { isTerminal: false, write: () => undefined },
  print: () => undefined,
  interruption: () => AbortSignal.abort(),
  startWork: () => Promise.reject(new Error('no command here has jobs to work off'))
}

const CLOSE = '/billing/v1/periodClose'
const ZONE = 'Asia/Tokyo'

let server: TestServer
let account: string
beforeAll(async () => {
  server = await startLedger()
  await server.call('PATCH', `/admin/v1/tenant/${TENANT}`, { timeZone: ZONE })
  account = await addAccount(server, { tax: 0.19 })
  // In Tokyo a day of April, for a clerk in London still March.
  await addBill(server, account, { date: '2026-03-31T14:59:59.999Z', rates: { usageCharge: '100' } })
  await addBill(server, account, { date: '2026-03-31T15:00:00.000Z', rates: { usageCharge: '10' } })
})
afterAll(() => server.close())

const closing = (through: unknown, more: object = {}) => server.call('POST', CLOSE, { through, ...more })
const verified = async () => (await verifyLedger(server.database)).map(({ difference }) => difference)

async function linesOf(source: string, headers: Record<string, string> = {}) {
  const { text } = await server.call(
    'GET',
    '/billing/v1/ledgerExport?from=2026-01-01&to=2100-01-01',
    undefined,
    headers
  )
  return text.split(/\r?\n/).filter((line) => line.includes(source))
}

test('closes the days of the zone, and says what is in them', async () => {
  const { status, headers, body } = await closing('2026-03-31', { description: 'March' })
  expect([status, body]).toEqual([
    201,
    {
      id: expect.any(String),
      href: expect.stringMatching(`${CLOSE}/${body.id}$`),
      through: '2026-03-31',
      endsAt: '2026-03-31T15:00:00.000Z',
      description: 'March',
      entries: 3,
      totals: [{ currency: 'EUR', debit: { unit: 'EUR', value: 119 }, credit: { unit: 'EUR', value: 119 } }],
      createdAt: expect.any(String)
    }
  ])
  expect(headers.location).toBe(body.href)
  const again = await closing('2026-03-31')
  expect([again.status, again.body]).toEqual([200, body])
  expect((await server.call('GET', `${CLOSE}/${body.id}`)).body).toEqual(body)
  const { rows } = await server.database.run(sql`SELECT e."event_type", a."action" FROM "event" e
    JOIN "audit" a ON a."tenant_id" = e."tenant_id" AND a."resource_id" = e."resource_id"
    WHERE e."resource_id" = ${body.id}`)
  expect(rows).toEqual([['PeriodCloseCreateEvent', 'close']])
})

test.each([
  ['2026-02-28', 409, 'closed through 2026-03-31 already'],
  ['9998-12-31', 400, 'a day that is over in the time zone of the tenant'],
  ['2026-02-30', 400, '$.through'],
  [20_000, 400, '$.through']
])('refuses %j', async (through, status, text) => {
  const reply = await closing(through)
  expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(text)])
})

test('what belongs to a closed period is posted when the next one begins, and says when it happened', async () => {
  const other = await addAccount(server, { tax: 0.19 })
  const bill = await addBill(server, other, { date: '2026-03-05T00:00:00.000Z', rates: { usageCharge: '5' } })
  const context = { author: AUTHOR, clock: () => '2026-03-06T00:00:00.000Z', newId }
  const paid = await server.database.transaction((tx) => payIn(tx, context, other, 2))
  for (const [source, day, lines] of [
    [bill, '05', 3],
    [paid, '06', 4]
  ] as const) {
    const found = (await linesOf(source)).map((line) => JSON.parse(line))
    expect(found.map(({ date, occurredAt }) => [date, occurredAt])).toEqual(
      Array(lines).fill(['2026-04-01', `2026-03-${day}T09:00:00.000+09:00`])
    )
  }
  const csv = await linesOf(bill, { accept: 'text/csv' })
  expect(csv.filter((line) => line.endsWith(',2026-03-05T09:00:00.000+09:00'))).toHaveLength(3)
  expect((await linesOf((await pay(server, other, 1)).body.id)).join()).not.toContain('occurredAt')
  const balance = await server.call('GET', '/billing/v1/trialBalance?asOf=2026-03-31')
  expect(balance.body.totals).toMatchObject([{ debit: { value: 119 } }])
  expect(await verified()).toEqual([undefined, undefined])
})

test('waits for a posting under way, which then counts', async () => {
  const before =
    await server.database.run(sql`SELECT count(*) FROM "ledger_entry" WHERE "posted_at" >= '2026-03-31T15:00Z'
    AND "posted_at" < '2026-10-31T15:00Z'`)
  const context = { author: AUTHOR, clock: () => '2026-05-06T00:00:00.000Z', newId }
  const closed = await server.database.transaction(async (tx) => {
    await payIn(tx, context, await addAccount(server), 7)
    const pending = closing('2026-10-31')
    await until('the close waits', async () => {
      const { rowCount } = await server.database.run(sql`SELECT FROM pg_stat_activity
        WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`)
      return rowCount === 1
    })
    return { pending }
  })
  const { status, body } = await closed.pending
  expect([status, body.entries]).toEqual([201, Number(before.rows[0]?.[0]) + 2])
})

test('the database posts nothing in a closed period, and keeps it closed', async () => {
  const { database } = server
  const copied = sql`INSERT INTO "ledger_entry" SELECT "tenant_id", ${newId()}, "line", '2026-03-05T00:00Z', "book",
    "detail", "billing_account_id", "currency", "amount", "source_type", "source_id" FROM "ledger_entry"
    WHERE "journal_id" = (SELECT min("journal_id") FROM "ledger_entry")`
  await expect(database.run(copied)).rejects.toThrow(/the period is closed/)
  for (const refused of [
    sql`UPDATE "period_close" SET "ends_at" = '2026-01-01'`,
    sql`UPDATE "period_close" SET "entries" = 0`,
    sql`DELETE FROM "period_close"`,
    sql`TRUNCATE "period_close"`
  ]) {
    await expect(database.run(refused)).rejects.toThrow(/a closed period stays closed/)
  }
  const earlier = sql`INSERT INTO "period_close" ("tenant_id", "id", "created_at", "through", "ends_at")
    VALUES (${TENANT}, ${newId()}, now(), '2026-01-31', '2026-01-31')`
  await expect(database.run(earlier)).rejects.toThrow(/closed already/)
})

test('verification finds what came into a closed period against all guards', async () => {
  const moved = (by: string) => sql`UPDATE "ledger_entry" SET "posted_at" = "posted_at" + ${by}::interval
    WHERE "journal_id" = (SELECT min("journal_id") FROM "ledger_entry" WHERE "book" = 'receivable')`
  await tamper(server, moved('1 day'))
  expect(await verified()).toContainEqual(expect.stringMatching(/the period through 2026-\d\d-31 was closed with/))
  await tamper(server, moved('-1 day'))
  expect(await verified()).toEqual([undefined, undefined])
})

test('the list has the last period first; a partner and another tenant see none', async () => {
  const { body } = await server.call('GET', CLOSE)
  expect(body.map((close: unknown) => memberOf(close, 'through'))).toEqual(['2026-10-31', '2026-03-31'])
  const other = { token: 'other-key' }
  expect((await server.call('GET', CLOSE, undefined, other)).body).toEqual([])
  expect((await server.call('GET', `${CLOSE}/${body[0].id}`, undefined, other)).status).toBe(404)
})

test('the command closes the books of a tenant through a day, once, and lists what is closed', async () => {
  const run = async (...words: readonly string[]) => {
    const line = readCommandLine(databaseCommands, ['period', ...words, '--tenant', 'other'])
    if (line.kind !== 'command') throw new Error('this is no command')
    const { database } = server
    return (await line.command.prepare(line.args)({ ...UNUSED, database, clock: database.clock })).text
  }
  expect(await run('close', '2000-12-31')).toBe('closed through 2000-12-31: 0 entries')
  expect(await run('close', '2000-12-31')).toBe('was closed through 2000-12-31: 0 entries')
  expect(await run('list')).toMatch(/^THROUGH +CLOSED AT +ENTRIES\n2000-12-31 .* 0 entries$/)
  await expect(run('close', '9998-12-31')).rejects.toThrow('a day that is over')
  await expect(run('close', '2026-13-01')).rejects.toThrow('is no day')
})
