import pg from 'pg'
import { type ConnectionSettings, newDialler } from './dialler.ts'
import type { Session, SessionLimits } from './session.ts'

export type { ConnectionSettings } from './dialler.ts'

/** Connections that are as every statement needs them: each is checked when it is made. */
export interface Connections {
  /** For libraries that want one. Where the check of a connection fails, connecting throws a StartError. */
  readonly pool: pg.Pool
  /** A free connection, or a new one. */
  connect(): Promise<pg.PoolClient>
  release(client: pg.PoolClient): void
  sessionOf(client: pg.ClientBase): Session
  /** Nobody gets this one again. */
  spoil(client: pg.PoolClient): void
  /** Ends the connection at once: a statement that waits on it fails. */
  hangUp(client: pg.PoolClient): void
  /** Nobody gets this one again, nor any that was made before it fell silent. */
  condemn(client: pg.PoolClient): void
  /** Cuts every connection, and opens no other. */
  cut(): void
  /** Waits a little for what is under way, then cuts it. */
  close(): Promise<void>
}

/** Nothing is waited for within a transaction, so that one that is idle for so long belongs to a process that hangs. */
const IDLE_IN_TRANSACTION_MS = 5_000
/** Waiting for a lock ends before the statement is over its time, so that the two are told apart. */
const LOCK_SHARE = 0.8
const CLOSE_LIMIT_MS = 2_000

/** The limits of work that somebody waits for. */
export function sessionLimits(statementTimeoutMs: number): SessionLimits {
  const lockTimeoutMs = Math.ceil(statementTimeoutMs * LOCK_SHARE)
  return { statementTimeoutMs, lockTimeoutMs, idleInTransactionMs: IDLE_IN_TRANSACTION_MS }
}

/** A migration may take its time; but whatever it waits for in a table keeps everybody else waiting for it. */
export function migrationSettings(url: string, applicationName: string): ConnectionSettings {
  return { ...MIGRATION, url, applicationName }
}

/** The connections by which jobs are taken and finished; what they do goes through a pool of requests. */
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

/** Makes at most `size` connections, when they are needed. An error of an idle one is handed to `onIdleError`. */
export function openPool(settings: ConnectionSettings, size: number, onIdleError: (error: Error) => void): Connections {
  const dialler = newDialler(settings)
  const sessions = new WeakMap<pg.ClientBase, Session>()
  const [clients, idle, condemned] = [new Set<pg.ClientBase>(), new Set<pg.ClientBase>(), new WeakSet<pg.ClientBase>()]
  const pool = new pg.Pool({
    max: size,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    Client: constructorOf(dialler.newClient),
    // The pool waits for it, whatever its type says.
    onConnect: async (client) => {
      sessions.set(client, await dialler.admit(client))
    }
  })
  pool.on('error', (error, client) => condemned.has(client) || onIdleError(error))
  // The pool itself listens to idle connections only. One that is lost between two statements of a transaction, or
  // just after it was given up, fails whatever is asked of it next; its event alone would end the process.
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
      // Others may have been made since.
      if (condemned.has(client)) return
      for (const client of clients) condemned.add(client)
      for (const client of idle) dialler.hangUp(client)
      dialler.forget()
    },
    cut: dialler.cut,
    close: async () => {
      const timer = setTimeout(dialler.cut, CLOSE_LIMIT_MS)
      await pool.end().finally(() => clearTimeout(timer))
    }
  }
}

/** One connection, checked. Whoever asked for it ends it. Throws a StartError when it is not as it must be. */
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

/** The pool makes its clients by `new`, which takes whatever a function returns. */
function constructorOf(newClient: () => pg.Client): new () => pg.ClientBase {
  return function Client() {
    return newClient()
  } as unknown as new () => pg.ClientBase
}
