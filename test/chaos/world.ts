import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { Database } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { migrate } from '../../src/db/migrations.ts'
import { open, post } from '../process/run-world.ts'
import { dataFolder, letIn, postgresPid, type ServerProcess, startServer, statusOf } from '../process/server-process.ts'
import { addAccounts, addCustomer } from '../support/accounts.ts'
import type { PlainDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts'
import { until } from '../support/until.ts'

/** Two servers on one Postgres: the first behind a proxy, the second beside it. */
export interface ChaosWorld {
  readonly url: string
  readonly proxy: SilentProxy
  readonly database: PlainDatabase
  /** Folder of Postgres; `isOwn`: a disk of its own, which can be full. */
  readonly disk: { readonly folder: string; readonly isOwn: boolean }
  readonly specificationId: string
  readonly accounts: readonly string[]
  /** The present processes. */
  readonly servers: ServerProcess[]
  /** Restarts a server with these settings. */
  restart(place: number, env?: Record<string, string>): Promise<void>
  /** Waits until every server is ready. */
  untilReady(): Promise<void>
  close(): Promise<void>
}

const disks = new Set<string>()
const ACCOUNTS = 40
export const DISK_MIB = 400
/** An operator's settings, except for long waits on a busy machine. */
const SETTINGS = {
  DATABASE_CONNECT_TIMEOUT_MS: '5000',
  DATABASE_STATEMENT_TIMEOUT_MS: '10000',
  BILL_RUN_CHUNK_ACCOUNTS: '4',
  LOG_LEVEL: 'silent'
}

/** Starts the world with accounts in a monthly cycle and no rates. `wantsDisk`: the disk may be full. */
export async function openChaosWorld(wantsDisk: boolean): Promise<ChaosWorld> {
  const disk = wantsDisk ? ownDisk() : { folder: dataFolder(), isOwn: false }
  const { url } = await startEmbeddedPostgres({ directory: disk.folder })
  await migrate(url)
  await letIn(url)
  const proxy = await openSilentProxy(url)
  const urls = [proxy.url, url]
  const start = (place: number, env: Record<string, string> = {}) =>
    startServer({ DATABASE_URL: String(urls[place]), ...SETTINGS, ...env })
  const servers = await Promise.all([start(0), start(1)])
  const database = open(url)
  const specification = await post(servers[0].root, `${BASE}/billCycleSpecification`, {
    name: 'Monthly',
    frequency: 'month',
    validFor: { startDateTime: '2020-01-01T00:00:00Z' }
  })
  return {
    url,
    proxy,
    database,
    disk,
    servers,
    specificationId: specification.id,
    accounts: await fill(database, specification.id),
    restart: async (place, env) => {
      servers[place] = await start(place, env)
    },
    untilReady: async () => {
      for (const { root } of servers) {
        await until('a server is ready', async () => (await statusOf(`${root}/health/ready`)) === 200)
      }
    },
    close: async () => {
      await proxy.close()
      await database.close()
    }
  }
}

/** Mounts a disk in memory, if the system allows it. */
function ownDisk(): ChaosWorld['disk'] {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-disk-'))
  chmodSync(folder, 0o755)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=755`, 'tmpfs', folder], { stdio: 'ignore' })
    disks.add(folder)
    return { folder, isOwn: true }
  } catch {
    return { folder: dataFolder(), isOwn: false }
  }
}

/** Stops the Postgres of each mounted disk and removes the disk, also after a failure. */
export async function removeDisks(): Promise<void> {
  for (const folder of disks) {
    const pid = postgresPid(folder)
    if (pid !== undefined) process.kill(pid, 'SIGQUIT')
    await until('Postgres ends', () => postgresPid(folder) === undefined)
    await until('the disk is free', () => isDone('umount', [folder]))
    rmdirSync(folder)
  }
  disks.clear()
}

function isDone(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function fill(database: Database, specificationId: string): Promise<readonly string[]> {
  const ids = Array.from({ length: ACCOUNTS }, (_, at) => `A${String(at).padStart(4, '0')}`)
  await addCustomer(database)
  await addAccounts(database, ids, { specificationId })
  return ids
}

/** A direct connection of the test to Postgres, which may be lost. */
export async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  return client
}
