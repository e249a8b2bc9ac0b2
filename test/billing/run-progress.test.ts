import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readRuns } from '../../src/billing/runs/list.ts'
import { sql } from '../../src/db/sql.ts'
import { addCycle } from '../support/cycles.ts'
import { TENANT } from '../support/database.ts'
import { addRun } from '../support/runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const STARTED = '2026-04-01T00:00:00.000Z'

let server: TestServer
let cycleId: string
beforeAll(async () => {
  server = await startTestServer()
  cycleId = await addCycle(server, 3)
})
afterAll(() => server.close())
beforeEach(async () => {
  await server.database.run(sql`DELETE FROM "bill_run"`)
})

interface Progress {
  readonly state: string
  readonly startedAt?: string
  readonly finishedAt?: string
  /** Bills of each chunk; undefined while it is not done. */
  readonly chunks: readonly (number | undefined)[]
}

async function addRunWithChunks({ chunks, ...run }: Progress): Promise<string> {
  const { database } = server
  const id = await addRun(database, { cycleId, ...run })
  for (const [number, billed] of chunks.entries()) {
    await database.run(sql`INSERT INTO "bill_run_chunk" ("tenant_id", "bill_run_id", "number", "first_account",
        "last_account", "eligible", "billed", "finished_at")
      VALUES (${TENANT}, ${id}, ${number}, 'A', 'B', 100, ${billed}, ${billed === undefined ? undefined : STARTED})`)
  }
  return id
}

/** Returns the pace of a run at an instant. */
async function pace(progress: Progress, now: string): Promise<readonly unknown[]> {
  const [run] = await readRuns(server.database, TENANT, now, { id: await addRunWithChunks(progress) })
  return [run?.billsPerSecond, run?.estimatedEnd]
}

const OPEN = undefined
const running = { state: 'running', startedAt: STARTED }

test.each<[string, Progress, string, number | undefined, string | undefined]>([
  ['that waits has no pace', { state: 'queued', chunks: [] }, '2026-04-01T00:01:00.000Z', undefined, undefined],
  ['without a chunk yet has no end', { ...running, chunks: [OPEN, OPEN] }, '2026-04-01T00:00:10.000Z', 0, undefined],
  [
    'with one of four chunks done takes four times as long',
    { ...running, chunks: [OPEN, 90, OPEN, OPEN] },
    '2026-04-01T00:00:10.000Z',
    9,
    '2026-04-01T00:00:40.000Z'
  ],
  [
    'that is slower than it was ends later',
    { ...running, chunks: [OPEN, 90, OPEN, OPEN] },
    '2026-04-01T00:00:30.000Z',
    3,
    '2026-04-01T00:02:00.000Z'
  ],
  [
    'with three of four chunks done ends soon, bills or none',
    { ...running, chunks: [100, 90, 0, OPEN] },
    '2026-04-01T00:00:30.000Z',
    6,
    '2026-04-01T00:00:40.000Z'
  ],
  [
    'that has begun at this instant divides by something',
    { ...running, chunks: [2, OPEN] },
    STARTED,
    2_000,
    '2026-04-01T00:00:00.002Z'
  ],
  [
    'that is done keeps the pace it had',
    { ...running, state: 'done', finishedAt: '2026-04-01T00:00:20.000Z', chunks: [100, 100] },
    '2026-04-02T00:00:00.000Z',
    10,
    undefined
  ],
  [
    'that was cancelled keeps the pace it had, and has no end to come',
    { ...running, state: 'cancelled', finishedAt: '2026-04-01T00:00:20.000Z', chunks: [100, OPEN] },
    '2026-04-02T00:00:00.000Z',
    5,
    undefined
  ]
])('a run %s', async (_, progress, now, billsPerSecond, estimatedEnd) => {
  expect(await pace(progress, now)).toEqual([billsPerSecond, estimatedEnd])
})

test('what is not known of a run is not told by the API', async () => {
  const id = await addRunWithChunks({ state: 'queued', chunks: [] })
  const { body } = await server.call('GET', `/billing/v1/billRun/${id}`)
  expect(body).toMatchObject({ id, state: 'queued', billed: 0 })
  for (const unknown of ['billsPerSecond', 'estimatedEnd', 'startedAt']) expect(body).not.toHaveProperty(unknown)
  await server.database.run(sql`DELETE FROM "bill_run"`)
  const begun = await addRunWithChunks({ ...running, chunks: [50, OPEN] })
  const { body: told } = await server.call('GET', `/billing/v1/billRun/${begun}`)
  expect(Date.parse(told.estimatedEnd)).toBeGreaterThan(Date.parse(STARTED))
})
