import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectClient, migrationSettings, openPool } from '../../src/db/connection.ts'
import { lockMigrations } from '../../src/db/migration-lock.ts'
import { withDatabase } from '../support/database.ts'

const SERVER = String(process.env.TEST_DATABASE_URL)

let admin: pg.Client
let name: string
let url: URL
beforeAll(async () => {
  admin = new pg.Client(SERVER)
  await admin.connect()
})
afterAll(() => admin.end())
beforeEach(async () => {
  name = `test_${randomBytes(6).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name}`)
  url = new URL(withDatabase(SERVER, name))
  url.search = ''
})
afterEach(() => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))

/** Connects through a pool and by a client. */
async function portAt(address: string): Promise<number> {
  const settings = migrationSettings(address, 'connection test')
  const { connect, release, close } = openPool(settings, 1, () => undefined)
  const pooled = await connect()
  const client = await connectClient(settings)
  const ports = [pooled, client].map(({ port }) => port)
  expect(new Set(ports).size).toBe(1)
  release(pooled)
  await close()
  await client.end()
  return Number(ports[0])
}

const several = (...ports: readonly string[]) =>
  url.href.replace(url.host, ports.map((port) => `${url.hostname}:${port}`).join(','))

describe('an address', () => {
  it.each(['prefer', 'allow', 'disable'])('with sslmode=%s leads to a server without encryption', async (mode) => {
    expect(await portAt(`${url.href}?sslmode=${mode}`)).toBe(Number(url.port))
  })

  it.each(['require', 'no-verify', 'verify-full'])('with sslmode=%s does not', async (mode) => {
    await expect(portAt(`${url.href}?sslmode=${mode}`)).rejects.toThrow('does not support SSL')
  })

  it('of several servers leads to the first that answers', async () => {
    expect(await portAt(several('1', url.port))).toBe(Number(url.port))
    await expect(portAt(several('1', '2'))).rejects.toThrow('ECONNREFUSED')
  })

  it('leads to a server of the wanted rank, or says that there is none', async () => {
    const wanting = (rank: string) => `${several('1', url.port)}?target_session_attrs=${rank}`
    for (const rank of ['any', 'read-write', 'primary', 'prefer-standby']) {
      expect(await portAt(wanting(rank)), rank).toBe(Number(url.port))
    }
    await expect(portAt(wanting('standby'))).rejects.toThrow('No host of the database is standby')
    await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    await expect(portAt(wanting('read-write'))).rejects.toThrow('No host of the database is read-write')
    expect(await portAt(wanting('read-only'))).toBe(Number(url.port))
  })
})

describe('the lock of migrations', () => {
  it('is waited for with the name of its holder, and not without end', async () => {
    const holder = new pg.Client({ connectionString: url.href, application_name: 'a forgotten one' })
    await holder.connect()
    await holder.query('SELECT pg_advisory_lock(678004)')
    const client = await connectClient(migrationSettings(url.href, 'connection test'))
    const told: string[] = []
    const waiting = lockMigrations(client, { report: (text) => told.push(text), limitMs: 300 }, 100)
    const text = /^migrations wait for their lock, which is held by process \d+ of Postgres \(a forgotten one from /
    await expect(waiting).rejects.toThrow(text)
    expect(told).toEqual([expect.stringMatching(text), expect.stringMatching(text)])
    await holder.end()
    await expect(lockMigrations(client, { report: () => undefined })).resolves.toBeUndefined()
    expect((await client.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '30s' }])
    await client.end()
  })
})
