import { Socket } from 'node:net'
import pg from 'pg'
import { StartError } from '../base/start-error.ts'
import { type PostgresUrl, parsePostgresUrl } from './postgres-url.ts'
import { type CheckedSession, checkSession, type SessionLimits, startOptions } from './session.ts'
import { type Choice, newChoice, type Rank, type Target } from './target.ts'

export interface ConnectionSettings extends SessionLimits {
  readonly url: string
  readonly applicationName: string
  /** Limit for making a connection, for a free one, and for a new one's first answer. */
  readonly connectTimeoutMs: number
  /** The work listens or holds session locks: it needs a session of its own, without a pooler. */
  readonly needsSession?: boolean
  readonly types?: pg.CustomTypesConfig
}

export interface Dialler {
  newClient(): pg.Client
  /** Checks a client that has just connected. Throws a StartError. */
  admit(client: pg.ClientBase): Promise<CheckedSession>
  /** Connects, and retries once if the first try showed that the server needs other settings. */
  again<T>(connect: () => Promise<T>): Promise<T>
  hangUp(client: pg.ClientBase): void
  forget(): void
  cut(): void
}

/** Postgres' own limits end earlier: after this, no answer comes. */
const SILENCE_MS = 2_000
const KEEP_ALIVE_DELAY_MS = 10_000
const PROTOCOL_VIOLATION = '08P01'
const NEEDS_SESSION =
  'The URL of the database leads to a pooler; migrations and jobs need one that leads to Postgres itself, in ' +
  'DATABASE_DIRECT_URL'

/** Throws a StartError for a malformed URL or an unreadable file. */
export function newDialler(settings: ConnectionSettings): Dialler {
  const url = readUrl(settings.url)
  const sockets = new Map<pg.ClientBase, Socket>()
  let [takesOptions, isCut] = [true, false]
  const clientFor = (target: Target) => {
    const socket = new Socket()
    const client = new pg.Client({ ...clientConfig(settings, url, target, takesOptions), stream: () => socket })
    sockets.set(client, socket)
    socket.once('close', () => sockets.delete(client))
    return isCut ? connecting(client, async () => Promise.reject(new Error('Connection given up'))) : client
  }
  const again: Dialler['again'] = (connect) =>
    connect().catch((error: unknown) => {
      if (!takesOptions || !refusesOptions(error)) throw error
      takesOptions = false
      return connect()
    })
  const choice = newChoice(url, (target) => again(() => rankAt(clientFor(target), settings.connectTimeoutMs)))
  return {
    newClient: () => (choice.isNeeded ? aimed(clientFor(choice.first), choice) : clientFor(choice.first)),
    admit: async (client) => {
      const session = await checkSession(client, settings, settings.connectTimeoutMs)
      if (settings.needsSession && session.isPooled) throw new StartError(NEEDS_SESSION)
      if (choice.isNeeded) choice.require(await rankOf(client, settings.connectTimeoutMs))
      return session
    },
    again,
    hangUp: (client) => sockets.get(client)?.destroy(),
    forget: choice.forget,
    cut: () => {
      isCut = true
      for (const socket of sockets.values()) socket.destroy()
    }
  }
}

/** The driver's error would quote the address with the password. */
function readUrl(text: string): PostgresUrl {
  try {
    return parsePostgresUrl(text)
  } catch (error) {
    throw new StartError(`the URL of the database is not valid: it ${(error as Error).message}`)
  }
}

function clientConfig(
  { connectTimeoutMs, statementTimeoutMs, applicationName, types, ...limits }: ConnectionSettings,
  { user, password, database, parameters }: PostgresUrl,
  { host, port, ssl }: Target,
  takesOptions: boolean
): pg.ClientConfig {
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(types && { types }),
    ...(ssl !== undefined && { ssl }),
    application_name: parameters.get('application_name') ?? applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + SILENCE_MS }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    ...(takesOptions && {
      options: startOptions({ statementTimeoutMs, ...limits }, parameters.get('options'))
    })
  }
}

/** Poolers without sessions reject startup options. */
function refusesOptions(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === PROTOCOL_VIOLATION && /startup/.test(error.message)
}

/** Picks the target when the client connects. */
function aimed(client: pg.Client, choice: Choice): pg.Client {
  const dial = client.connect.bind(client)
  const connect = async () => {
    const { ssl, ...address } = await choice.current()
    const encryption = ssl === undefined ? {} : { ssl }
    Object.assign(client, address, encryption)
    // The driver reads the password and begins encryption from these, too.
    const { connectionParameters, connection } = client as unknown as Record<string, object>
    Object.assign(connectionParameters ?? {}, address)
    Object.assign(connection ?? {}, encryption)
    return dial().catch((error: unknown) => {
      choice.forget()
      throw error
    })
  }
  return connecting(client, connect)
}

/** Replaces `connect` in both of its forms, promise and callback. */
function connecting(client: pg.Client, connect: () => Promise<unknown>): pg.Client {
  type Done = (error: unknown, client?: pg.Client) => void
  return Object.assign(client, {
    connect: (done?: Done) => (done ? connect().then(() => done(null, client), done) : connect())
  })
}

async function rankAt(client: pg.Client, timeoutMs: number): Promise<Rank> {
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await rankOf(client, timeoutMs)
  } finally {
    await client.end()
  }
}

async function rankOf(client: pg.ClientBase, timeoutMs: number): Promise<Rank> {
  const query = { text: RANK, query_timeout: timeoutMs }
  const { rows } = await client.query<{ standby: string; read_only: string }>(query)
  return { isStandby: rows[0]?.standby === 'true', isReadOnly: rows[0]?.read_only === 'on' }
}

const RANK = `SELECT pg_is_in_recovery()::text AS standby, current_setting('transaction_read_only') AS read_only`
