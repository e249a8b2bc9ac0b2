import http from 'node:http'
import { onTestFinished } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { type Dispatcher, type DispatcherParts, startDispatcher } from '../../src/events/dispatcher.ts'
import { payloads } from '../../src/events/payload.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { secrets } from '../support/config.ts'
import { KEYS, type PlainDatabase, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { at, client, listen } from './receiver.ts'

/** A post as a receiver gets it. */
export interface Got {
  readonly id: string
  readonly headers: http.IncomingHttpHeaders
  readonly path: string
  readonly text: string
  readonly event: Answer
}

export interface Receiver {
  readonly url: string
  /** In the order of their arrival, also those that are refused. */
  readonly got: readonly Got[]
  /** The ids of the events that were taken. */
  readonly taken: readonly string[]
}

/** Says how a post is answered: by a status, with headers, or not at all. */
export type Respond = (got: Got, taken: readonly string[]) => Answered | Promise<Answered>
export type Answered = number | undefined | { readonly status: number; readonly headers: Record<string, string> }

export const SECRET = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`

export async function receiver(respond: Respond = () => 204): Promise<Receiver> {
  const got: Got[] = []
  const taken: string[] = []
  const server = http.createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    request.on('end', async () => {
      const { headers, url = '' } = request
      const one = { id: String(headers['webhook-id']), headers, path: url, text, event: parsed(text) }
      got.push(one)
      const answer = await respond(one, taken)
      if (answer === undefined) return
      const { status, headers: more } = typeof answer === 'number' ? { status: answer, headers: {} } : answer
      if (status < 300) taken.push(one.id)
      response.writeHead(status, more).end(`answer ${status}`)
    })
  })
  return { url: at(await listen(server), '/events'), got, taken }
}

/** A clock that a test can put forward. */
export function movable({ database }: Pick<TestServer, 'database'>) {
  let aheadMs = 0
  return {
    clock: () => new Date(Date.parse(database.clock()) + aheadMs).toISOString(),
    forward: (ms: number) => {
      aheadMs += ms
    }
  }
}

interface Subscribing {
  readonly query?: string
  readonly tenantId?: keyof typeof KEYS
}

export interface DeliveryWorld extends TestServer {
  /** Delivers like a process of its own, until the test ends. */
  dispatch(parts?: Partial<DispatcherParts>): Dispatcher
  subscribe(callback: string, more?: Subscribing): Promise<string>
  /** Posts a bill and returns its id. */
  bill(state?: string): Promise<string>
  /** Changes a bill as often, each time with an event. */
  change(bill: string, times?: number): Promise<void>
  /** The ids of the events of bills, in their order. */
  events(...bills: readonly string[]): Promise<readonly string[]>
  /** Returns the first column of a statement. */
  ask(statement: Sql): Promise<readonly (string | null)[]>
}

export async function openDeliveryWorld(): Promise<DeliveryWorld> {
  const server = await startTestServer({ WEBHOOK_ALLOW_NETWORKS: '127.0.0.1' })
  const { database } = server
  return {
    ...server,
    dispatch: (parts = {}) => dispatch(database, parts),
    subscribe: async (callback, { query, tenantId = TENANT }: Subscribing = {}) => {
      const body = { callback, secret: SECRET, ...(query !== undefined && { query }) }
      const answer = await server.call('POST', 'hub', body, { token: KEYS[tenantId] })
      return answer.body.id
    },
    bill: async (state = 'new') => {
      const { body } = await server.call('POST', 'customerBill', { state, billingAccount: { id: 'A' } })
      return body.id
    },
    change: async (bill, times = 1) => {
      for (let time = 0; time < times; time++) {
        const { body } = await server.call('GET', `customerBill/${bill}`)
        const state = body.state === 'new' ? 'onHold' : 'new'
        await server.call('PATCH', `customerBill/${bill}`, { state })
      }
    },
    events: async (...bills) => {
      const { rows } = await database.run(sql`SELECT "id" FROM "event"
        WHERE "tenant_id" = ${TENANT} AND "resource_id" = ANY (${bills}::text[]) ORDER BY "position"`)
      return rows.map(([id]) => String(id))
    },
    ask: async (statement) => (await database.run(statement)).rows.map(([value]) => value ?? null)
  }
}

function dispatch(database: PlainDatabase, parts: Partial<DispatcherParts>): Dispatcher {
  const { clock, newId } = database
  const addresses = { api: 'http://bills.example', billing: 'http://bills.example' }
  const own = { database, clock, newId, keys: secrets, payloadOf: payloads(addresses), random: () => 0 }
  const dispatcher = startDispatcher({ ...own, client: client(), ...parts }, { warn: () => undefined })
  onTestFinished(() => dispatcher.stop(2_000))
  return dispatcher
}
