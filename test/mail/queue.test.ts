import { afterAll, beforeAll, expect, test } from 'vitest'
import { unseal } from '../../src/base/secret-keys.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { contentOf, queueMail } from '../../src/mail/queue.ts'
import { guard } from '../db/guarded-world.ts'
import { secrets } from '../support/config.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

const CONTENT = {
  kind: 'confirmEmail',
  name: 'Ada',
  code: 'K7WQ2MXA',
  url: 'https://bills.test/portal/confirm'
} as const
const context = () => ({
  author: { tenantId: TENANT, actor: { type: 'client', id: 'shop', name: 'shop' } as const },
  newId: store.database.newId,
  clock: store.database.clock,
  secrets
})
const stored = () =>
  store.database.run(sql`SELECT "id", "kind", "recipient", "language", "content", "state" FROM "mail"`)

test('a mail waits sealed, with its job and its row in the audit, once its transaction is committed', async () => {
  const queue = (fails: boolean) =>
    store.database.transaction(async (tx) => {
      await queueMail(tx, context(), { ...CONTENT, partnerId: undefined, to: 'ada@example.com', language: 'fr' })
      if (fails) throw new Error('rolled back')
    })
  await expect(queue(true)).rejects.toThrow('rolled back')
  expect((await stored()).rows).toEqual([])
  await queue(false)
  const [[id = '', ...rest] = []] = (await stored()).rows
  const content = rest[3] ?? ''
  expect(rest).toEqual(['confirmEmail', 'ada@example.com', 'fr', content, 'waiting'])
  expect(content).toMatch(/^v1\./)
  expect(JSON.parse(unseal(secrets(), contentOf(TENANT, String(id)), content))).toEqual(CONTENT)
  const jobs = await store.database.run(sql`SELECT "key", "payload"->>'mailId' FROM "graphile_worker"."_private_jobs"`)
  expect(jobs.rows).toEqual([[`mail ${id}`, id]])
  const audit = await store.database.run(
    sql`SELECT "actor_id", "action", "resource_type", "resource_id", "after" FROM "audit"`
  )
  expect(audit.rows.map((row) => row.slice(0, 4))).toEqual([['shop', 'create', 'Mail', id]])
  expect(JSON.parse(String(audit.rows[0]?.[4]))).toEqual({
    kind: 'confirmEmail',
    to: 'ada@example.com',
    language: 'fr',
    state: 'waiting'
  })
})

const ENDS = '23000 mail_ends_once'
const ADDRESS = '23514 mail_recipient'
const STATE = '23514 mail_state'
const add = (id: string, columns: { kind?: string; to?: string; state?: string; content?: string | null }): Sql => {
  const { kind = 'passwordChanged', to = 'ada@example.com', state = 'waiting', content = 'v1.x.y' } = columns
  return sql`INSERT INTO "mail" ("tenant_id", "id", "kind", "recipient", "language", "content", "state", "created_at",
      "finished_at")
    VALUES (${TENANT}, ${id}, ${kind}, ${to}, 'en', ${content}, ${state}, now(),
      ${state === 'waiting' ? null : '2026-01-01'})`
}

test.each<[string, () => Sql, string]>([
  ['goes to two recipients', () => add('x', { to: 'a@b.example, c@d.example' }), ADDRESS],
  ['has another header in its address', () => add('x', { to: 'a@b.example\nBcc: c@d.example' }), ADDRESS],
  ['is of an unknown kind', () => add('x', { kind: 'greeting' }), '23514 mail_kind'],
  ['waits without its content', () => add('x', { content: null }), STATE],
  ['keeps its content after the end', () => add('x', { state: 'sent' }), STATE],
  ['fails without a word', () => add('x', { state: 'failed', content: null }), STATE],
  [
    'is sent again',
    () => sql`UPDATE "mail" SET "state" = 'waiting', "content" = 'x', "finished_at" = NULL
    WHERE "id" = 'sent'`,
    ENDS
  ],
  ['goes to somebody else', () => sql`UPDATE "mail" SET "recipient" = 'eve@example.com' WHERE "id" = 'waiting'`, ENDS]
])('the database refuses that a mail %s', async (_, statement, refusal) => {
  await store.database.run(sql`DELETE FROM "mail"`)
  await store.database.run(add('waiting', {}))
  await store.database.run(add('sent', { state: 'sent', content: null }))
  expect(await store.database.run(statement()).then(() => 'done', guard)).toBe(refusal)
})
