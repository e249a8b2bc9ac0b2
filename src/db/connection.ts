import pg from 'pg'
import { type ConnectionSettings, newDialler } from './dialler.ts'
import type { CheckedSession, Session, SessionLimits } from './session.ts'

export type { ConnectionSettings } from './dialler.ts'

export interface Connections {
  /** For libraries. Connecting throws a StartError if the check fails. */
  readonly pool: pg.Pool
  connect(): Promise<pg.PoolClient>
  release(client: pg.PoolClient): void
  sessionOf(client: pg.ClientBase): Session
  spoil(client: pg.PoolClient): void
  hangUp(client: pg.PoolClient): void
  /** Nobody gets this one again, nor any other of now. Busy ones end by their limit, or by the watch of lifeline.ts. */
  condemn(client: pg.PoolClient): void
  cut(): void
  use(): PoolUse
  /** Waits briefly for statements under way, then cuts them. */
  close(): Promise<void>
}

/** Connections of a pool, and how many wait for one. */
export interface PoolUse {
  readonly inUse: number
  readonly idle: number
  readonly waiting: number
}

/** A transaction never waits; one that is idle for so long belongs to a process that hangs. */
const IDLE_IN_TRANSACTION_MS = 5_000
/** Lock waits end before the statement's limit, so that the two errors differ. */
const LOCK_SHARE = 0.8
const CLOSE_LIMIT_MS = 2_000

export function sessionLimits(statementTimeoutMs: number): SessionLimits {
  const lockTimeoutMs = Math.ceil(statementTimeoutMs * LOCK_SHARE)
  return { statementTimeoutMs, lockTimeoutMs, idleInTransactionMs: IDLE_IN_TRANSACTION_MS }
}

/** A migration may take long, but bounds its waits for locks: they block everybody else. */
export function migrationSettings(url: string, applicationName: string): ConnectionSettings {
  return { ...MIGRATION, url, applicationName }
}

/** Settings of the connections that take and finish jobs; the jobs' own statements use the pool of requests. */
export function jobSettings(url: string): ConnectionSettings {
  const limits = sessionLimits(JOB_STATEMENT_TIMEOUT_MS)
  return { ...limits, url, applicationName: 'tmf678-server jobs', connectTimeoutMs: 5_000, needsSession: true }
}

const JOB_STATEMENT_TIMEOUT_MS = 10_000
const MIGRATION = {
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 0,
  lockTimeoutMs: 30_000,
  idleInTransactionMs: 60_000,
  needsSession: true
}

/**
 * Makes up to `size` connections on demand. `onIdleError` gets an error of an idle one, `onSession` each that passed
 * its check.
 */
export function openPool(
  settings: ConnectionSettings,
  size: number,
  onIdleError: (error: Error) => void,
  onSession: (session: CheckedSession) => void = () => undefined
): Connections {
  const dialler = newDialler(settings)
  const sessions = new WeakMap<pg.ClientBase, Session>()
  const [clients, idle, condemned] = [new Set<pg.ClientBase>(), new Set<pg.ClientBase>(), new WeakSet<pg.ClientBase>()]
  const pool = new pg.Pool({
    max: size,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    Client: constructorOf(dialler.newClient),
    // The pool waits for it, whatever its type says.
    onConnect: async (client) => {
      const session = await dialler.admit(client)
      sessions.set(client, session)
      onSession(session)
    }
  })
  pool.on('error', (error, client) => condemned.has(client) || onIdleError(error))
  // The pool listens to idle connections only. A connection lost in a transaction, or just after release, fails the
  // next statement; without a listener its event would end the process.
  pool.on('connect', (client) => clients.add(client.on('error', () => undefined)))
  pool.on('remove', (client) => clients.delete(client) && idle.delete(client))
  pool.on('acquire', (client) => idle.delete(client))
  pool.on('release', (_, client) => idle.add(client))
  return {
    pool,
    connect: () => dialler.again(() => pool.connect()),
    release: (client) => client.release(condemned.has(client)),
    sessionOf: (client) => sessions.get(client) ?? { isPooled: false },
    hangUp: dialler.hangUp,
    spoil: (client) => condemned.add(client),
    condemn: (client) => {
      // Newer connections may exist already.
      if (condemned.has(client)) return
      for (const client of clients) condemned.add(client)
      for (const client of idle) dialler.hangUp(client)
      dialler.forget()
    },
    cut: dialler.cut,
    use: () => ({ inUse: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: async () => {
      const timer = setTimeout(dialler.cut, CLOSE_LIMIT_MS)
      await pool.end().finally(() => clearTimeout(timer))
    }
  }
}

/** Opens and checks one connection, which the caller ends. Throws a StartError if the check fails. */
export async function connectClient(settings: ConnectionSettings): Promise<pg.Client> {
  const dialler = newDialler(settings)
  return dialler.again(async () => {
    const client = dialler.newClient()
    // A lost connection fails the query that needs it.
    client.on('error', () => undefined)
    await client.connect()
    await dialler.admit(client).catch(async (error: unknown) => {
      await client.end()
      throw error
    })
    return client
  })
}

/** The pool calls `new`, which takes any object that a function returns. */
function constructorOf(newClient: () => pg.Client): new () => pg.ClientBase {
  return function Client() {
    return newClient()
  } as unknown as new () => pg.ClientBase
}
