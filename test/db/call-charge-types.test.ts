import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { migrate, SCHEMA_FILES } from '../../src/db/migrations.ts'
import { withDatabase } from '../support/database.ts'

const NAME = 'test_call_charge_types'
const MIGRATIONS = readdirSync(SCHEMA_FILES.migrations).sort()
const OURS = MIGRATIONS.findIndex((name) => name.endsWith('_call_charge_types'))

test('what tenants count as calls at the migration, they always did', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  const admin = new pg.Client(String(process.env.TEST_DATABASE_URL))
  await admin.connect()
  await admin.query(`CREATE DATABASE ${NAME}`)
  const url = withDatabase(String(process.env.TEST_DATABASE_URL), NAME)
  const client = new pg.Client(url)
  await client.connect()
  const apply = async (names: readonly string[]) => {
    for (const name of names) {
      cpSync(path.join(SCHEMA_FILES.migrations, name), path.join(directory, name), { recursive: true })
    }
    expect(await migrate(url, undefined, directory)).toEqual(names)
  }
  try {
    await apply(MIGRATIONS.slice(0, OURS))
    await client.query(`INSERT INTO "tenant" ("id", "name", "call_charge_types") VALUES ('a', 'A', '["x"]')`)
    await client.query(`INSERT INTO "tenant" ("id", "name") VALUES ('b', 'B')`)
    await apply(MIGRATIONS.slice(OURS))
    const { rows } = await client.query('SELECT "tenant_id", "since", "types" FROM "call_charge_types" ORDER BY 1')
    expect(rows).toEqual([
      { tenant_id: 'a', since: Number.NEGATIVE_INFINITY, types: ['x'] },
      { tenant_id: 'b', since: Number.NEGATIVE_INFINITY, types: ['usageCharge'] }
    ])
  } finally {
    await client.end()
    await admin.query(`DROP DATABASE ${NAME} WITH (FORCE)`)
    await admin.end()
    rmSync(directory, { recursive: true, force: true })
  }
})
