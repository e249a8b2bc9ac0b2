import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addJob, hasNoJob, nextJob, queueFigures, releaseJobs, renewLocks } from '../../src/jobs/queue.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const TASK = 'testTask'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())
beforeEach(() => store.database.run(sql`DELETE FROM graphile_worker._private_jobs`))

async function add(name: string): Promise<string> {
  await store.database.transaction((tx) => addJob(tx, { task: TASK, payload: {}, key: name }))
  return String(await nextJob(store.database, [TASK]))
}

/** Takes a job as a runner that is killed at once. */
const take = (id: string, secondsAgo: number) =>
  store.database.run(sql`UPDATE graphile_worker._private_jobs SET locked_by = 'killed', attempts = attempts + 1,
    locked_at = now() - make_interval(secs => ${secondsAgo}) WHERE id = ${id}::bigint`)

const ids = async () =>
  (await store.database.run(sql`SELECT id FROM graphile_worker.jobs ORDER BY id`)).rows.map(([id]) => id)

test('a job whose runner was killed can be taken again, one that is under way cannot', async () => {
  const id = await add('one')
  await take(id, 39)
  await releaseJobs(store.database)
  expect(await nextJob(store.database, [TASK])).toBeUndefined()
  await take(id, 41)
  await releaseJobs(store.database)
  expect(await nextJob(store.database, [TASK])).toBe(id)
})

test('who is at a job keeps it, however long it takes', async () => {
  const id = await add('one')
  await take(id, 41)
  await renewLocks(store.database, [id])
  await releaseJobs(store.database)
  expect(await nextJob(store.database, [TASK])).toBeUndefined()
})

test('a job that hangs is told from one that was just taken, although its lock is renewed', async () => {
  const isAskable = async () =>
    (await store.database.run(sql`SELECT ${hasNoJob(sql`'one'`)}`)).rows.flat().join() === 't'
  const id = await add('one')
  expect(await isAskable()).toBe(false)
  for (const [secondsAgo, expected] of [
    [0, false],
    [9, true],
    [11, false]
  ] as const) {
    await take(id, secondsAgo)
    await renewLocks(store.database, [id])
    expect(await isAskable()).toBe(expected)
  }
})

test('a job of a dead runner that was asked for again is removed in time', async () => {
  const dead = await add('one')
  await take(dead, 10)
  const again = await add('one')
  expect(await ids()).toEqual([dead, again])
  await releaseJobs(store.database)
  expect(await ids()).toEqual([dead, again])
  await take(dead, 41)
  await releaseJobs(store.database)
  expect(await ids()).toEqual([again])
})

test('what was given up is kept for a day', async () => {
  const id = await add('one')
  const giveUp = (hours: number) =>
    store.database.run(sql`UPDATE graphile_worker._private_jobs SET attempts = max_attempts,
      run_at = now() - make_interval(hours => ${hours}) WHERE id = ${id}::bigint`)
  await giveUp(23)
  await releaseJobs(store.database)
  expect(await ids()).toEqual([id])
  await giveUp(25)
  await releaseJobs(store.database)
  expect(await ids()).toEqual([])
})

test('the figures count what waits and the age of what is ready', async () => {
  expect(await queueFigures(store.database)).toEqual({ queued: 0, oldestReadySeconds: 0 })
  for (const name of ['ready', 'later', 'taken']) await add(name)
  await store.database.run(sql`UPDATE graphile_worker._private_jobs
    SET run_at = now() + make_interval(secs => CASE key WHEN 'ready' THEN -60 ELSE 60 END)`)
  await store.database.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'x'
    WHERE key = 'taken'`)
  const { queued, oldestReadySeconds } = await queueFigures(store.database)
  expect(queued).toBe(2)
  expect(Math.round(oldestReadySeconds)).toBeGreaterThanOrEqual(60)
})
