import { afterEach, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { createTestDatabase } from '../support/database.ts'
import { SOAK_MINUTES, seeded, soak } from '../support/seeded.ts'
import { closeGates } from './gates.ts'
import { expectSound, fill, open, post, untilRunEnds } from './run-world.ts'
import { cleanUp, dataFolder, letIn, postgresPid, type ServerProcess, startServer, until } from './server-process.ts'

const ACCOUNTS = SOAK_MINUTES > 0 ? 4_000 : 320
const KILLS = SOAK_MINUTES > 0 ? 8 : 3
const CHUNK_ACCOUNTS = '8'
const END_LIMIT_MS = 240_000
const LIMIT_MS = 600_000 + SOAK_MINUTES * 60_000

afterEach(cleanUp)

const serve = (url: string) =>
  startServer({ DATABASE_URL: url, BILL_RUN_CHUNK_ACCOUNTS: CHUNK_ACCOUNTS, LOG_LEVEL: 'silent' })

/** Starts a run, hits it `blows` times at moments of the seed, and waits for its end. */
async function run(
  url: string,
  servers: readonly ServerProcess[],
  { seed, blows }: { readonly seed: number; readonly blows: number },
  hit: (blow: number) => Promise<void>
) {
  const random = seeded(seed)
  const database = open(url)
  const root = String(servers[0]?.root)
  const cycleId = await fill(root, database, ACCOUNTS)
  const gates = await closeGates(url, ACCOUNTS, blows, random)
  await post(root, '/billing/v1/billRun', { billCycle: { id: cycleId }, billState: 'sent' })
  for (let blow = 0; blow < blows; blow++) {
    await gates.untilReached(blow)
    await hit(blow)
    await gates.open(blow)
  }
  expect(await untilRunEnds(database, END_LIMIT_MS)).toBe('done')
  await gates.end()
  return database
}

test(
  'a run goes on by itself when its server is killed and started again, however often',
  () =>
    soak(1, async (seed) => {
      const store = await createTestDatabase()
      let server = await serve(store.url)
      const database = await run(store.url, [server], { seed, blows: KILLS }, async () => {
        await server.stop('SIGKILL')
        server = await serve(store.url)
      })
      await expectSound(database, server.root, ACCOUNTS)
      await database.close()
      await cleanUp()
      await store.drop()
    }),
  LIMIT_MS
)

test(
  'of two processes the one that is alive goes on with what the killed one was at',
  () =>
    soak(2, async (seed) => {
      const store = await createTestDatabase()
      const servers = await Promise.all([serve(store.url), serve(store.url)])
      const database = await run(store.url, servers, { seed, blows: KILLS }, async (blow) => {
        const which = blow % 2
        await servers[which]?.stop('SIGKILL')
        if (blow < KILLS - 1) servers[which] = await serve(store.url)
        else servers.splice(which, 1)
      })
      await expectSound(database, String(servers[0]?.root), ACCOUNTS)
      await database.close()
      await cleanUp()
      await store.drop()
    }),
  LIMIT_MS
)

test(
  'a run goes on by itself when Postgres crashes and comes back, and so does its server',
  () =>
    soak(3, async (seed) => {
      const directory = dataFolder()
      const { url } = await startEmbeddedPostgres({ directory })
      await migrate(url)
      await letIn(url)
      const server = await serve(url)
      const database = await run(url, [server], { seed, blows: 1 }, async () => {
        process.kill(Number(postgresPid(directory)), 'SIGQUIT')
        await until('Postgres ends', () => postgresPid(directory) === undefined)
        expect((await startEmbeddedPostgres({ directory })).url).toBe(url)
      })
      await expectSound(database, server.root, ACCOUNTS)
      expect(server.child.exitCode).toBeNull()
      await database.close()
      await cleanUp()
    }),
  LIMIT_MS
)
