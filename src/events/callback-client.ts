import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { Agent, buildConnector, Dispatcher } from 'undici'
import type { AddressList } from '../auth/access/address-list.ts'
import { onDemand } from '../base/on-demand.ts'
import { hostOf, mayConnect, type Resolve, resolveName } from './callback-address.ts'
import { connectError, type Fault, faultOf, faultOfStatus, RefusedAddress } from './callback-fault.ts'

export interface Callback {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The longest that the whole may take, from waiting for a connection to the end of the answer. */
  readonly timeoutMs: number
  /** Gives up at once. */
  readonly signal?: AbortSignal
}

export interface CallbackResult {
  /** Undefined if no answer came. */
  readonly status: number | undefined
  /** Undefined exactly after an answer of 2xx. */
  readonly fault: Fault | undefined
  readonly durationMs: number
  /** The wait that the answer asks for. */
  readonly retryAfterMs: number | undefined
  /** The first bytes of the answer; empty if it is compressed. */
  readonly answer: string
}

export interface CallbackClient {
  /** Sends one POST. Never throws. */
  post(callback: Callback): Promise<CallbackResult>
  /** Ends all connections; posts under way fail. */
  close(): Promise<void>
}

export interface CallbackSettings {
  /** Networks that are not public and may be called all the same. */
  readonly allowed: AddressList
  readonly resolve?: Resolve
}

const ANSWER_MAX_BYTES = 1_024
const HEADERS_MAX_BYTES = 16_384
const CONNECT_TIMEOUT_MS = 5_000
/** Further posts to the same host and port wait for one of these. */
export const CONNECTIONS_PER_HOST = 32
/** Short: many servers close an idle connection after five seconds. */
const KEEP_ALIVE_MS = 4_000
/** Before the next address of a name is tried as well. */
const NEXT_ADDRESS_MS = 1_000
const CONNECTOR = {
  allowH2: false,
  timeout: CONNECT_TIMEOUT_MS,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS
} as const

/**
 * Makes the client that posts to the addresses of subscribers. Each connection goes to an address that was checked,
 * and nowhere else: it follows no redirect and uses no proxy.
 */
export function callbackClient({ allowed, resolve = resolveName }: CallbackSettings): CallbackClient {
  const { open, close } = onDemand(
    () => openAgent(allowed, resolve),
    (agent) => agent.destroy()
  )
  return { post: async (callback) => post(await open(), callback), close }
}

/** Loads the library with the first post: most servers have no subscriber. */
async function openAgent(allowed: AddressList, resolve: Resolve): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici')
  return new Agent({
    connect: checked(buildConnector({ ...CONNECTOR, lookup: checkedLookup(allowed, resolve) }), allowed),
    connections: CONNECTIONS_PER_HOST,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
    allowH2: false,
    // The limit of the whole bounds these.
    headersTimeout: 0,
    bodyTimeout: 0
  })
}

async function post(agent: Agent, { url, headers, body, timeoutMs, signal }: Callback): Promise<CallbackResult> {
  const startedMs = performance.now()
  const limit = AbortSignal.timeout(timeoutMs)
  const end = signal ? AbortSignal.any([signal, limit]) : limit
  const outcome = await send(agent, url, { headers, body, signal: end }).catch((error: unknown) => ({
    status: undefined,
    fault: signal?.aborted ? 'aborted' : faultOf(error),
    retryAfterMs: undefined,
    answer: ''
  }))
  return { ...outcome, durationMs: Math.round(performance.now() - startedMs) }
}

type Sent = Pick<Dispatcher.RequestOptions, 'headers' | 'body' | 'signal'>

async function send(agent: Agent, url: string, sent: Sent): Promise<Omit<CallbackResult, 'durationMs'>> {
  const { origin, pathname, search } = new URL(url)
  const { statusCode, headers, body } = await agent.request({
    ...sent,
    origin,
    path: pathname + search,
    method: 'POST'
  })
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity'
  const start = await startOf(body)
  return {
    status: statusCode,
    fault: faultOfStatus(statusCode),
    retryAfterMs: retryAfterMs(headers),
    answer: isPlain ? start : ''
  }
}

/** Reads the start of an answer. With the status the answer is known, however it ends. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      bytes += chunk.length
      // Leaving the loop ends the connection, unless nothing is left.
      if (bytes > ANSWER_MAX_BYTES) break
    }
  } catch {}
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES))
}

/** Reads seconds, or a date, which counts from the answer's own Date. */
function retryAfterMs(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const [after, now] = [headers['retry-after'], headers.date].map(String)
  if (/^\d+$/.test(String(after))) return Number(after) * 1_000
  const wait = Date.parse(String(after)) - Date.parse(String(now))
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0)
}

/** Checks literal addresses, all addresses of a name, and the one that a connection has reached before it is used. */
function checked(connect: buildConnector.connector, allowed: AddressList): buildConnector.connector {
  return (options, callback) => {
    const host = hostOf(options)
    if (isIP(host) > 0 && !mayConnect(host, allowed)) return callback(new RefusedAddress(), null)
    // The library cancels an attempt by the socket that it gets back.
    return connect({ ...options, hostname: host }, (...[error, socket]) => {
      const refusal = error ? connectError(options.protocol, error) : refusalOf(socket, allowed)
      if (!refusal && socket) return callback(null, socket)
      socket?.destroy()
      callback(refusal ?? new RefusedAddress(), null)
    })
  }
}

/** Checks the address that a connection has reached; one that is lost already has none. */
function refusalOf({ remoteAddress }: Socket, allowed: AddressList): Error | undefined {
  if (remoteAddress === undefined) return Object.assign(new Error('the connection is lost'), { code: 'ECONNRESET' })
  return mayConnect(remoteAddress, allowed) ? undefined : new RefusedAddress()
}

/** Literal addresses do not come here. */
function checkedLookup(allowed: AddressList, resolve: Resolve): LookupFunction {
  return (name, { all }, callback) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses
        const isFit = first && addresses.every(({ address }) => mayConnect(address, allowed))
        if (!isFit) return callback(new RefusedAddress(), '')
        if (all) return callback(null, [...addresses])
        callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '')
    )
  }
}
