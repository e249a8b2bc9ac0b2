import { existsSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { postgresPid, statusOf } from '../process/server-process.ts'
import { until } from '../support/until.ts'
import type { Log } from './clients.ts'
import { type ChaosWorld, DISK_MIB, session } from './world.ts'

/** Hits the world and does an operator's repairs. `acknowledged` grows with the clients' successes. */
export type Blow = (world: ChaosWorld, log: Log, random: () => number) => Promise<void>

const FAKE_TIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1'
]
const OFFSETS = ['-2d', '-90s', '+3h', '+20d'] as const
/** More than Postgres allows. */
const CONNECTIONS_MAX = 1_000
/** Tables that issuing, paying and requests for bills lock sooner or later. */
const LOCKED = ['number_series', 'account_balance', 'customer_bill_on_demand'] as const

/** By name: the blows possible here. */
export const BLOWS: Readonly<Record<string, Blow>> = {
  'a server is killed': async (world, _, random) => {
    const place = any(random, 2)
    await world.servers[place]?.stop('SIGKILL')
    await world.restart(place)
  },
  'a server is stopped': async (world, _, random) => {
    const place = any(random, 2)
    const exit = await world.servers[place]?.stop()
    if (exit?.code !== 0) throw new Error(`a server ended with ${exit?.code}: ${world.servers[place]?.stderr()}`)
    await world.restart(place)
  },
  'Postgres is restarted fast': (world) => restartPostgres(world, 'SIGINT'),
  'Postgres is restarted immediately': (world) => restartPostgres(world, 'SIGQUIT'),
  'Postgres is killed': (world) => restartPostgres(world, 'SIGKILL'),
  'half of the backends are terminated': (world) => terminate(world, 'pid % 2 = 0'),
  'all backends are terminated': (world) => terminate(world, 'true'),
  'connections are exhausted': exhaust,
  'a partition silences connections': async ({ proxy }, log) => {
    proxy.silence()
    await progress(log)
  },
  'a process hangs': async ({ servers }, log, random) => {
    const child = servers[any(random, 2)]?.child
    child?.kill('SIGSTOP')
    await progress(log)
    child?.kill('SIGCONT')
  },
  'somebody else holds locks': async (world, log, random) => {
    const before = log.count()
    const holder = await session(world.url)
    await holder.query('BEGIN')
    await holder.query(`SELECT FROM ${LOCKED[any(random, LOCKED.length)]} FOR UPDATE`)
    await until(
      'somebody waits, or all could do without',
      async () => (await waiting(holder)) || log.count() > before + 50
    )
    await holder.query('ROLLBACK')
    await holder.end()
  },
  'the disk is full': fillDisk,
  'a clock is wrong': async (world, log, random) => {
    const library = FAKE_TIME.find(existsSync)
    const place = any(random, 2)
    await world.servers[place]?.stop()
    const offset = String(OFFSETS[any(random, OFFSETS.length)])
    const faked = { LD_PRELOAD: String(library), FAKETIME: offset, DONT_FAKE_MONOTONIC: '1' }
    await world.restart(place, faked)
    await progress(log)
    await world.servers[place]?.stop()
    await world.restart(place)
  }
}

/** Says why a blow is impossible here; undefined if it is possible. */
export function impossible(name: string, { disk }: ChaosWorld): string | undefined {
  if (name === 'the disk is full' && !disk.isOwn) return 'no disk of its own can be mounted here'
  if (name === 'a clock is wrong' && !FAKE_TIME.some(existsSync)) return 'libfaketime is not installed'
  return undefined
}

const any = (random: () => number, count: number): number => Math.floor(random() * count)

/** Waits for further successes of clients. */
export async function progress(log: Log): Promise<void> {
  const before = log.count()
  await until('more is acknowledged', () => log.count() > before + 5)
}

async function restartPostgres({ disk }: ChaosWorld, signal: NodeJS.Signals): Promise<void> {
  const pid = postgresPid(disk.folder)
  if (pid !== undefined) process.kill(pid, signal)
  await until('Postgres ends', () => postgresPid(disk.folder) === undefined)
  // After a kill its last backends may still be there.
  await until('Postgres starts', () =>
    startEmbeddedPostgres({ directory: disk.folder }).then(
      () => true,
      () => false
    )
  )
}

async function terminate({ url }: ChaosWorld, condition: string): Promise<void> {
  const client = await session(url)
  await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
    AND datname = current_database() AND starts_with(application_name, 'tmf678-server') AND ${condition}`)
  await client.end()
}

/** Takes the connections of the servers away, and every other one, until a server feels it. */
async function exhaust(world: ChaosWorld): Promise<void> {
  const taken: pg.Client[] = []
  await until('a server has no connection', async () => {
    // The servers are quick to connect again.
    await terminate(world, 'true').catch(() => undefined)
    for (let each = 0; each < CONNECTIONS_MAX; each++) {
      const client = await session(world.url).catch(() => undefined)
      if (client === undefined) return true
      taken.push(client)
    }
    return false
  })
  await until('a server has none', async () => {
    const states = await Promise.all(world.servers.map(({ root }) => statusOf(`${root}/health/ready`)))
    return states.some((status) => status !== 200)
  })
  await Promise.all(taken.map((client) => client.end()))
}

async function fillDisk(world: ChaosWorld): Promise<void> {
  const file = path.join(world.disk.folder, 'ballast')
  const mebibyte = Buffer.alloc(1_048_576)
  try {
    for (let each = 0; each < DISK_MIB; each++) writeFileSync(file, mebibyte, { flag: 'a' })
  } catch {
    // The disk is full.
  }
  await until('Postgres cannot write', async () => {
    const client = await session(world.url).catch(() => undefined)
    const failed =
      client === undefined ||
      (await client
        .query('CREATE TABLE full_disk AS SELECT repeat(md5(n::text), 9) FROM generate_series(1, 100000) n')
        .then(
          () => false,
          () => true
        ))
    await client?.query('DROP TABLE IF EXISTS full_disk').catch(() => undefined)
    await client?.end().catch(() => undefined)
    return failed
  })
  rmSync(file)
  // Postgres ends if it cannot write its log.
  await restartPostgres(world, 'SIGINT')
}

async function waiting(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
  return (rowCount ?? 0) > 0
}
