import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealAudit } from '../../src/audit/seal.ts'
import { sql } from '../../src/db/sql.ts'
import { type Finding, verificationJobs } from '../../src/verification/verification.ts'
import { addAccount, addBill, startLedger, tamper } from '../billing/ledger-world.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'

const DAY_MS = 86_400_000
const SOUND = (tenantId: string): readonly Finding[] =>
  (['ledger', 'audit'] as const).map((kind) => expect.objectContaining({ tenantId, kind, difference: undefined }))

let server: TestServer
let now: string
let nights: ReturnType<typeof verificationJobs>
const found: Finding[] = []

/** The first night that has begun since the tenants are there; one of them is in another zone. */
beforeAll(async () => {
  server = await startLedger()
  await server.call('PATCH', `/admin/v1/tenant/${TENANT}`, { timeZone: 'Asia/Tokyo' })
  await server.database.run(sql`UPDATE "tenant" SET "created_at" = '2026-11-30T12:00Z'`)
  await addBill(server, await addAccount(server, { tax: 0.19 }), { rates: { usageCharge: '10.004' } })
  await sealAudit(server.database)
  const report = (finding: Finding) => found.push(finding)
  nights = verificationJobs({ database: server.database, clock: () => now, report })
})
afterAll(() => server.close())

async function jobs(): Promise<number> {
  await nights.recover()
  const { rows } = await server.database.run(sql`SELECT count(*) FROM graphile_worker.jobs j
    WHERE j.task_identifier = 'verify'`)
  return Number(rows[0]?.[0])
}

async function verify(): Promise<readonly Finding[]> {
  found.length = 0
  await nights.tasks.get('verify')?.({}, { isLast: false })
  return [...found]
}

test('a tenant is verified after two o’clock in its zone, once a night', async () => {
  now = '2026-11-30T16:59:59Z'
  expect([await jobs(), await verify()]).toEqual([0, []])
  now = '2026-11-30T17:00:01Z'
  expect([await jobs(), await jobs()]).toEqual([1, 1])
  expect(await verify()).toEqual(SOUND(TENANT))
  expect(await verify()).toEqual([])
  now = '2026-12-01T02:00:01Z'
  expect(await verify()).toEqual(SOUND('other'))
  now = '2026-12-02T02:00:01Z'
  expect(await verify()).toEqual([...SOUND(TENANT), ...SOUND('other')])
  const kept = sql`SELECT "tenant_id", "kind", "verified_at", "seconds" >= 0, "difference" FROM "verification"
    ORDER BY 1, 2`
  expect((await server.database.run(kept)).rows).toEqual(
    [TENANT, 'other'].flatMap((id) => ['audit', 'ledger'].map((kind) => [id, kind, expect.any(String), 't', null]))
  )
})

test('two processes at once verify a tenant once', async () => {
  now = new Date(Date.parse(now) + DAY_MS).toISOString()
  const [one, other] = await Promise.all([verify(), verify()])
  expect([...new Set([...one, ...other])]).toHaveLength(4)
})

test('a difference is told and kept, until it is mended', async () => {
  const moved = (by: number) =>
    sql`UPDATE "ledger_entry" SET "amount" = "amount" + ${by} WHERE "book" = 'revenue' AND "tenant_id" = ${TENANT}`
  await tamper(server, moved(1))
  const changed = sql`UPDATE "audit" SET "actor_name" = 'mallory' WHERE "position" = 1 AND "tenant_id" = ${TENANT}`
  await tamper(server, changed)
  now = new Date(Date.parse(now) + DAY_MS).toISOString()
  expect(await verify()).toMatchObject([
    { tenantId: TENANT, kind: 'ledger', difference: expect.stringContaining('not to 0') },
    { tenantId: TENANT, kind: 'audit', difference: expect.stringContaining('does not match its hash') },
    { tenantId: 'other', difference: undefined },
    { tenantId: 'other', difference: undefined }
  ])
  await tamper(server, moved(-1))
  now = new Date(Date.parse(now) + DAY_MS).toISOString()
  expect((await verify())[0]).toMatchObject({ kind: 'ledger', difference: undefined })
})
