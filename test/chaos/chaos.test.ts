import { afterEach, expect, test } from 'vitest'
import { cleanUp } from '../process/server-process.ts'
import { seeded } from '../support/seeded.ts'
import { BLOWS, impossible, progress } from './blows.ts'
import { startClients } from './clients.ts'
import { expectKept, untilDone } from './verdict.ts'
import { openChaosWorld, removeDisks } from './world.ts'

/** `npm run test:chaos` sets the duration; the seed plays a failed round again. */
const MINUTES = Number(process.env.CHAOS_MINUTES ?? 0)
const SEED = Number(process.env.CHAOS_SEED ?? 1)
const LIMIT_MS = 600_000 + 2 * MINUTES * 60_000
/** Quick blows, played without a duration. */
const FEW = ['all backends are terminated', 'Postgres is restarted immediately', 'a server is killed']

afterEach(async () => {
  await cleanUp()
  await removeDisks()
})

test(
  'whatever is killed, cut off, full or wrong: what was acknowledged is kept, and all goes on by itself',
  async () => {
    const deadline = Date.now() + MINUTES * 60_000
    const random = seeded(SEED)
    console.log(`chaos for ${MINUTES} minutes with CHAOS_SEED=${SEED}`)
    const world = await openChaosWorld(MINUTES > 0)
    const clients = startClients(world, random)
    do {
      for (const name of MINUTES > 0 ? shuffled(Object.keys(BLOWS), random) : FEW) {
        const obstacle = impossible(name, world)
        console.log(obstacle ? `SKIPPED: ${name}, because ${obstacle}` : name)
        await progress(clients.log)
        if (!obstacle) await BLOWS[name]?.(world, clients.log, random)
        await world.untilReady()
      }
    } while (Date.now() < deadline)
    await clients.stop()
    await untilDone(world, MINUTES > 0)
    await expectKept(world, clients.log)
    console.log(`${clients.log.count()} things were acknowledged, and all are there`)
    for (const server of world.servers) expect(await server.stop()).toMatchObject({ code: 0 })
    await world.close()
  },
  LIMIT_MS
)

function shuffled(names: readonly string[], random: () => number): readonly string[] {
  return names
    .map((name) => ({ name, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ name }) => name)
}
