import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { StartError } from '../../src/base/start-error.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { diffMigrations, migrate, pendingMigrations } from '../../src/db/migrations.ts'
import { runProgram } from './program.ts'

const SCHEMA = `
datasource db {
  provider = "postgresql"
}

model Account {
  tenantId  String   @map("tenant_id")
  id        String
  name      String   @default("a TEXT b")
  labels    String[]
  character Json?
  createdAt DateTime @map("created_at") @db.Timestamptz(3)
  bills     Bill[]

  @@id([tenantId, id])
  @@index([character(ops: JsonbPathOps)], type: Gin, map: "account_character")
  @@index([tenantId, createdAt(sort: Desc)], map: "account_newest")
  @@map("account")
}

model Bill {
  tenantId  String  @map("tenant_id")
  id        String
  accountId String  @map("account_id")
  amount    Decimal @db.Decimal(28, 10)
  account   Account @relation(fields: [tenantId, accountId], references: [tenantId, id], onDelete: Restrict)

  @@id([tenantId, id])
  @@map("bill")
}
`

let directory: string
let server: EmbeddedPostgres
let admin: pg.Pool
let databases = 0
let client: pg.Client
let url: string
let migrations: string

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  server = await startEmbeddedPostgres({ directory, durable: false })
  admin = new pg.Pool({ connectionString: server.url })
})

afterAll(async () => {
  await admin?.end()
  await server?.stop()
  rmSync(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  databases += 1
  await admin.query(`CREATE DATABASE test_${databases}`)
  const target = new URL(server.url)
  target.pathname = `/test_${databases}`
  url = target.href
  client = new pg.Client(url)
  await client.connect()
  migrations = path.join(directory, `migrations-${databases}`)
  mkdirSync(migrations)
})

afterEach(() => client.end())

describe('migrate', () => {
  it('applies what is pending, in order, once', async () => {
    write('2_second', 'INSERT INTO note VALUES (2)')
    write('1_first', 'CREATE TABLE note (id int)')
    expect(await pendingMigrations(client, migrations)).toEqual(['1_first', '2_second'])
    expect(await migrate(url, undefined, migrations)).toEqual(['1_first', '2_second'])
    write('3_third', 'INSERT INTO note VALUES (3)')
    expect(await pendingMigrations(client, migrations)).toEqual(['3_third'])
    expect(await migrate(url, undefined, migrations)).toEqual(['3_third'])
    expect(await migrate(url, undefined, migrations)).toEqual([])
    expect((await client.query('SELECT id FROM note')).rows).toEqual([{ id: 2 }, { id: 3 }])
  })

  it('keeps semicolons inside strings, comments and function bodies', async () => {
    write(
      '1_function',
      `CREATE TABLE note (body text DEFAULT 'a;b'); -- one; two
       CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN n := n * 2; RETURN n; END $$;`
    )
    await migrate(url, undefined, migrations)
    expect((await client.query('SELECT twice(21) AS answer')).rows).toEqual([{ answer: 42 }])
  })

  it('names the migration that fails, undoes all of it, and tries it again once it is mended', async () => {
    write('1_good', 'CREATE TABLE note (id int NOT NULL)')
    write('2_bad', 'CREATE TABLE other (id int); INSERT INTO note VALUES (NULL)')
    const error = await migrate(url, undefined, migrations).catch((reason) => reason)
    expect(error).toBeInstanceOf(StartError)
    expect(error.message).toMatch(/^the migration 2_bad failed: null value in column "id" of relation "note" violates/)
    expect(error.message).not.toContain(new URL(url).password)
    expect(await pendingMigrations(client, migrations)).toEqual(['2_bad'])
    expect((await client.query(`SELECT to_regclass('other') AS found`)).rows).toEqual([{ found: null }])

    write('2_bad', 'CREATE TABLE other (id int); INSERT INTO note VALUES (2)')
    expect(await migrate(url, undefined, migrations)).toEqual(['2_bad'])
  })

  it('goes on after a process that was killed while it migrated', async () => {
    write('1_good', 'CREATE TABLE note (id int)')
    await migrate(url, undefined, migrations)
    write('2_killed', 'CREATE TABLE other (id int)')
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('1', '', '2_killed', now())`
    )
    expect(await migrate(url, undefined, migrations)).toEqual(['2_killed'])
  })

  it('is done by one of several connections and processes at once', async () => {
    write('1_first', 'CREATE TABLE note (id int); SELECT pg_sleep(0.2)')
    write('2_second', 'INSERT INTO note VALUES (2)')
    const programs = [1, 2].map(() => runProgram('migration-user.ts', url, migrations))
    const applied = await Promise.all([
      ...[1, 2, 3].map(() => migrate(url, undefined, migrations)),
      ...programs.map(async (program) => JSON.parse(await program.firstLine))
    ])
    await Promise.all(programs.map((program) => program.ended()))
    expect(applied.filter((names) => names.length > 0)).toEqual([['1_first', '2_second']])
    expect((await client.query('SELECT id FROM note')).rows).toEqual([{ id: 2 }])
  })

  it('says in one line that a database cannot be reached', async () => {
    await expect(migrate('postgresql://a:secret@127.0.0.1:1/b', undefined, migrations)).rejects.toThrow(
      /^the database cannot be migrated: connect ECONNREFUSED 127.0.0.1:1$/
    )
    await expect(migrate('postgresql://a:secret@[', undefined, migrations)).rejects.toThrow(
      'the URL of the database is not valid'
    )
  })
})

describe('diffMigrations', () => {
  it('leads from the migrations to the schema, with every text in the order of its code points', async () => {
    const files = { schema: path.join(directory, `schema-${databases}.prisma`), migrations }
    writeFileSync(files.schema, SCHEMA)
    const sql = await diffMigrations(url, files)
    expect(sql).toContain('"labels" TEXT[] COLLATE "C"')
    expect(sql).toContain(`"name" TEXT COLLATE "C" NOT NULL DEFAULT 'a TEXT b'`)
    expect(sql).toContain('USING GIN ("character" jsonb_path_ops)')
    write('1_init', sql)
    expect(await diffMigrations(url, files)).toBe('')

    writeFileSync(files.schema, SCHEMA.replace('accountId String ', 'note String?\n  accountId String '))
    expect(await diffMigrations(url, files)).toContain('ALTER TABLE "bill" ADD COLUMN     "note" TEXT COLLATE "C";')
  })

  it('leaves alone what the schema cannot declare', async () => {
    const files = { schema: path.join(directory, `schema-${databases}.prisma`), migrations }
    writeFileSync(files.schema, SCHEMA)
    const byHand = `
      CREATE INDEX bill_paid ON bill (tenant_id) WHERE amount > 0;
      CREATE UNIQUE INDEX account_name ON account (tenant_id, lower(name));
      ALTER TABLE bill ADD CONSTRAINT positive CHECK (amount > 0);
      CREATE SEQUENCE numbers;`
    const sql = await diffMigrations(url, files)
    write('1_init', sql.replace('"created_at" DESC)', '"created_at" DESC NULLS LAST)') + byHand)
    expect(await diffMigrations(url, files)).toBe('')
  })

  it('leaves no database behind', async () => {
    const files = { schema: path.join(directory, `schema-${databases}.prisma`), migrations }
    writeFileSync(files.schema, SCHEMA)
    write('1_bad', 'SELECT 1/0')
    await expect(diffMigrations(url, files)).rejects.toThrow('the migration 1_bad failed: division by zero')
    const { rows } = await client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'tmf678\\_scratch%'`)
    expect(rows).toEqual([])
  })
})

function write(name: string, sql: string): void {
  mkdirSync(path.join(migrations, name), { recursive: true })
  writeFileSync(path.join(migrations, name, 'migration.sql'), sql)
}
