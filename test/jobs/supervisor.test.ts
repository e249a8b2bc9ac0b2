import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { sql } from '../../src/db/sql.ts'
import { addJob } from '../../src/jobs/queue.ts'
import { type Supervisor, supervise } from '../../src/jobs/supervisor.ts'
import { rateLimited } from '../../src/jobs/warnings.ts'
import { parsed } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { createTestDatabase, type PlainDatabase, type TestDatabase } from '../support/database.ts'
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts'
import { until } from '../support/until.ts'

/** Shorter than a server's, to keep the test short. */
const LIMITS = { standstillMs: 1_000, silenceMs: 2_500, longMs: 1_500 }
const TASK = 'testTask'

let store: TestDatabase
let proxy: SilentProxy
let logged: string[]
let done: string[]
let jobs: Supervisor
beforeEach(async () => {
  store = await createTestDatabase()
  proxy = await openSilentProxy(store.url)
  logged = []
  done = []
})
afterEach(async () => {
  await jobs.stop(0)
  await proxy.close()
  await store.drop()
})

function start(
  task: (name: string) => Promise<void> = async (name) => void done.push(name),
  database = store.database
): void {
  const logger = { warn: (_: unknown, message?: string) => void logged.push(String(message)) }
  const tasks = new Map([[TASK, ({ name }: Readonly<Record<string, unknown>>) => task(String(name))]])
  jobs = supervise(proxy.url, database, [{ name: 'tests', tasks }], rateLimited(logger), LIMITS)
}

/** Returns the status and message of the health check of a server with these jobs. */
async function readiness() {
  const parts = { config: testConfig(), secrets, database: store.database, logger: pino({ level: 'silent' }) }
  const app = await buildApp({ ...parts, standstill: jobs.standstill })
  const { statusCode, body } = await app.inject('/health/ready')
  await app.close()
  return [statusCode, parsed(body).message]
}

const ask = (name: string) =>
  store.database.transaction((tx) => addJob(tx, { task: TASK, payload: { name }, key: `test ${name}` }))

test('a job that nobody takes, since the runner was cut off silently, is taken by another runner', async () => {
  start()
  await ask('first')
  await until('the first job is done', () => done.includes('first'))
  proxy.silence()
  await ask('second')
  await until('the second job is done', async () => {
    await jobs.look()
    return done.includes('second')
  })
  expect(done).toEqual(['first', 'second'])
  // On a busy machine its successors may take too long as well. Each kind of warning is logged once.
  expect((await jobs.figures()).replacedRunners).toBeGreaterThan(0)
  const [first, ...others] = logged
  expect(first).toMatch(/^The runner of tests is replaced: (no job was taken|it was silent) for \d+ s$/)
  for (const other of others) expect(other).toMatch(/^The runner of tests is replaced: /)
})

test('a runner that is silent is replaced before there is a job to take', async () => {
  start()
  await ask('first')
  await until('the first job is done', () => done.includes('first'))
  proxy.silence()
  await until('it is replaced', async () => {
    await jobs.look()
    return (await jobs.figures()).replacedRunners > 0
  })
  expect(logged).toEqual([expect.stringMatching(/^The runner of tests is replaced: it was silent for \d+ s$/)])
})

test('jobs that stand still for long are told, with their number and age, until they go on', async () => {
  proxy.keepSilent(true)
  start()
  await ask('first')
  await until('they stand still', async () => {
    await jobs.look()
    return jobs.standstill() !== undefined
  })
  expect(jobs.standstill()).toMatch(/^no job was taken for \d+ s$/)
  expect(await readiness()).toEqual([503, expect.stringMatching(/^The jobs of this process stand still: no job was /)])
  const figures = await jobs.figures()
  expect(figures).toMatchObject({ queued: 1, underWay: 0 })
  expect(figures.oldestReadySeconds).toBeGreaterThan(1)
  expect(figures.warnings).toBeGreaterThanOrEqual(figures.replacedRunners)
  proxy.keepSilent(false)
  await until('they go on', async () => {
    await jobs.look()
    return jobs.standstill() === undefined && done.includes('first')
  })
  expect(await jobs.figures()).toMatchObject({ queued: 0, oldestReadySeconds: 0 })
  expect(await readiness()).toEqual([200, undefined])
})

test('while the database is away nobody is replaced, and nothing is said to stand still', async () => {
  let isAway = true
  const run: PlainDatabase['run'] = (...query) =>
    isAway ? Promise.reject(new Error('away')) : store.database.run(...query)
  proxy.keepSilent(true)
  start(undefined, { ...store.database, run })
  await ask('first')
  const later = performance.now() + LIMITS.silenceMs + LIMITS.standstillMs
  await until('everybody would be impatient', async () => {
    await expect(jobs.look()).rejects.toThrow('away')
    return performance.now() > later
  })
  isAway = false
  await jobs.look()
  expect(jobs.standstill()).toBeUndefined()
  expect((await jobs.figures()).replacedRunners).toBe(0)
})

test('jobs that hang lose their places, once others were asked to do what they were at', async () => {
  start((name) => {
    done.push(name)
    const isFirst = done.indexOf(name) === done.length - 1
    return name.startsWith('hung') && isFirst ? new Promise(() => undefined) : Promise.resolve()
  })
  for (const name of ['hung 1', 'hung 2']) await ask(name)
  await until('they take all places', () => done.length === 2)
  for (const name of ['hung 1', 'hung 2', 'third']) await ask(name)
  await until('the third job is done', async () => {
    await jobs.look()
    return done.includes('third')
  })
  expect(logged[0]).toBe('A job hangs and is given up; another one does what it was at')
})

test('a stop waits for what is under way, but no longer than it may', async () => {
  let begun = 0
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  start(async (name) => {
    begun += 1
    await held
    done.push(name)
  })
  await ask('first')
  await until('it is under way', () => begun === 1)
  const stopped = jobs.stop(10_000)
  release()
  await stopped
  expect(done).toEqual(['first'])
  const { rows } = await store.database.run(sql`SELECT count(*) FROM graphile_worker.jobs`)
  expect(rows).toEqual([['0']])
})

test('a stop gives up what does not end in time', async () => {
  let begun = 0
  start(() => {
    begun += 1
    return new Promise(() => undefined)
  })
  await ask('first')
  await until('it is under way', () => begun === 1)
  await jobs.stop(200)
  expect(done).toEqual([])
})
