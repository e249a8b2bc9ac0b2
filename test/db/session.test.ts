import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { decodeTime } from 'ulid'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectClient, jobSettings, migrationSettings, openPool } from '../../src/db/connection.ts'
import { openDatabase } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrations.ts'
import { rawSql, sql } from '../../src/db/sql.ts'
import type { Problem } from '../../src/messages/problem.ts'
import { openPlainDatabase, withDatabase } from '../support/database.ts'

const SERVER = String(process.env.TEST_DATABASE_URL)
const SETTINGS = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 7_000, applicationName: 'session test' }
/** Defaults that change the meaning of statements, or make them fail. */
const HOSTILE = {
  timezone: 'America/New_York',
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  search_path: 'pg_catalog',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '0',
  lock_timeout: '50ms',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '1s'
}

let admin: pg.Client
let name: string
let url: string
beforeAll(async () => {
  admin = new pg.Client(SERVER)
  await admin.connect()
})
afterAll(() => admin.end())
beforeEach(async () => {
  name = `test_${randomBytes(6).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name}`)
  url = withDatabase(SERVER, name)
})
afterEach(() => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))

describe('a session', () => {
  it.each([
    [
      'by the database',
      (setting: string, value: string) => admin.query(`ALTER DATABASE ${name} SET ${setting} = ${value}`)
    ],
    ['by the address', async (setting: string, value: string) => ask(setting, value)]
  ])('means what it must mean, whatever is set %s', async (_, set) => {
    for (const [setting, value] of Object.entries(HOSTILE)) {
      await set(setting, ['search_path', 'datestyle'].includes(setting) ? value : `'${value}'`)
    }
    const found = await settingsOf(url)
    expect(found).toMatchObject({
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      IntervalStyle: 'postgres',
      client_encoding: 'UTF8',
      standard_conforming_strings: 'on',
      search_path: 'public',
      transaction_isolation: 'read committed',
      default_transaction_deferrable: 'off',
      statement_timeout: '7000',
      lock_timeout: '5600',
      idle_in_transaction_session_timeout: '5000',
      idle_session_timeout: '0'
    })
  })

  it('has the same meaning for jobs and migrations, with limits of their own', async () => {
    await admin.query(`ALTER DATABASE ${name} SET timezone = 'Asia/Tokyo'`)
    for (const settings of [jobSettings(url), migrationSettings(url, 'test')]) {
      const { pool, close } = openPool(settings, 1, () => undefined)
      const client = await connectClient(settings)
      for (const queryable of [pool, client]) {
        expect((await queryable.query('SHOW timezone')).rows).toEqual([{ TimeZone: 'UTC' }])
        expect((await queryable.query('SHOW idle_in_transaction_session_timeout')).rows).not.toMatchObject([
          { idle_in_transaction_session_timeout: '0' }
        ])
      }
      await client.end()
      await close()
    }
  })

  it('is refused in one line where the database has another encoding, also by a migration', async () => {
    await admin.query(`DROP DATABASE ${name}`)
    await admin.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    const message =
      /The database has server_encoding = LATIN1, which must be UTF8: make one with CREATE DATABASE [^\n]*$/
    await expect(migrate(url)).rejects.toThrow(message)
    const database = openDatabase({ ...SETTINGS, url }, () => undefined)
    const refusal = await database.run(sql`SELECT 1`).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ kind: 'unavailable', message: 'The database does not answer; try again later' })
    expect((refusal as Problem).cause).toMatchObject({ message: expect.stringMatching(message) })
    await database.close()
  })

  it('is refused where the triggers that guard the data are off', async () => {
    await admin.query(`ALTER DATABASE ${name} SET session_replication_role = 'replica'`)
    await expect(migrate(url)).rejects.toThrow('session_replication_role = replica, which must be origin')
  })

  it('that may only read answers reads, and says of changes that they are to be tried again', async () => {
    await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    const database = openDatabase({ ...SETTINGS, url }, () => undefined)
    expect((await database.run(sql`SELECT 1`)).rows).toEqual([['1']])
    const told = { kind: 'unavailable', message: 'The database takes no changes now; try again later' }
    await expect(database.requireWritable()).rejects.toMatchObject({ ...told, headers: { 'Retry-After': '5' } })
    await expect(database.run(sql`CREATE TABLE note (id int)`)).rejects.toMatchObject(told)
    await expect(database.transaction((tx) => tx.run(sql`CREATE TABLE note (id int)`))).rejects.toMatchObject(told)
    await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`)
    // Each failed write ended its session, so that a new one finds the present database.
    await expect(database.transaction((tx) => tx.run(sql`CREATE TABLE note (id int)`))).resolves.toMatchObject({})
    await database.close()
  })
})

describe('the clock', () => {
  const MINUTE_MS = 60_000
  afterEach(() => vi.useRealTimers())

  it('is that of the database from the first answer on, and again with each probe', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: new Date('2020-01-01') })
    const database = openPlainDatabase({ ...SETTINGS, url })
    const aheadMs = async () => {
      const { rows } = await database.run(
        sql`SELECT extract(epoch FROM ${database.clock()}::timestamptz - clock_timestamp()) * 1000`
      )
      return Number(rows[0]?.[0])
    }
    await database.run(sql`SELECT 1`)
    expect(await aheadMs()).toBeLessThanOrEqual(0)
    expect(await aheadMs()).toBeGreaterThan(-10 * MINUTE_MS)
    expect(decodeTime(database.newId())).toBeGreaterThanOrEqual(Date.parse(database.clock()))
    // A process that nobody writes by, and whose time passes too quickly.
    vi.advanceTimersByTime(20 * MINUTE_MS)
    expect(await aheadMs()).toBeGreaterThan(10 * MINUTE_MS)
    await database.requireWritable()
    expect(await aheadMs()).toBeLessThanOrEqual(0)
    await database.close()
  })
})

describe('what Postgres says', () => {
  const RAISED = [
    ['40001', 'Other requests change the same at once'],
    ['40P01', 'Other requests change the same at once'],
    ['55P03', 'Another transaction holds what this request needs'],
    ['25006', 'The database takes no changes now'],
    ['57P03', 'The database does not answer'],
    ['57P01', 'The database does not answer'],
    ['53300', 'The database does not answer'],
    ['53100', 'The database does not answer'],
    ['08006', 'The database does not answer']
  ] as const

  it.each(RAISED)('%s is unavailable, with when to try again', async (state, message) => {
    const database = openDatabase({ ...SETTINGS, url }, () => undefined)
    const raise = sql`DO ${rawSql(`$$ BEGIN RAISE EXCEPTION USING ERRCODE = '${state}'; END $$`)}`
    const told = { kind: 'unavailable', message: `${message}; try again later`, headers: { 'Retry-After': '5' } }
    await expect(database.run(raise)).rejects.toMatchObject(told)
    await expect(database.transaction((tx) => tx.run(raise))).rejects.toMatchObject(told)
    expect((await database.run(sql`SELECT 1`)).rows).toEqual([['1']])
    await database.close()
  })

  it('within a transaction is never taken for success', async () => {
    const database = openDatabase({ ...SETTINGS, url }, () => undefined)
    const swallowed = database.transaction((tx) => tx.run(sql`SELECT 1/0`).catch(() => undefined))
    await expect(swallowed).rejects.toThrow('what failed within a transaction was taken for success')
    await database.close()
  })
})

/** Adds a setting to the address. */
function ask(setting: string, value: string): void {
  const asked = new URL(url)
  const options = asked.searchParams.get('options') ?? ''
  const text = value.replaceAll("'", '').replaceAll(' ', '\\ ')
  asked.searchParams.set('options', `${options} -c ${setting}=${text}`)
  url = asked.href.replaceAll('+', '%20')
}

async function settingsOf(address: string): Promise<Record<string, string>> {
  const database = openPlainDatabase({ ...SETTINGS, url: address })
  const { rows } = await database.run(sql`SELECT name, setting FROM pg_settings`)
  await database.close()
  return Object.fromEntries(rows)
}
