import type { InjectOptions } from 'fastify'
import { addCustomer } from '../support/accounts.ts'
import { addApiKey, addPartner, KEYS, TENANT } from '../support/database.ts'
import { type Reply, startTestServer, type TestServer } from '../support/server.ts'

export interface PartnerWorld extends TestServer {
  /** Calls a method of the partner API; a plain object is sent as a query with GET, else as JSON. */
  ask(method: 'GET' | 'POST' | 'PUT', name: string, parameters?: object, headers?: object): Promise<Reply>
  /** Ends the day: bookings and periods are of this time from now on. */
  at(time: string): Promise<void>
  readonly partnerId: string
}

export const PARTNER_KEY = 'key-of-the-reseller'
export const RATE = 'appliedCustomerBillingRate'

/** Starts a server with a customer and a partner, RESELLER. */
export async function startPartnerWorld(env: Record<string, string> = {}): Promise<PartnerWorld> {
  const server = await startTestServer(env)
  const { database } = server
  await addCustomer(database)
  const partnerId = await addPartner(database, TENANT, 'RESELLER')
  await addApiKey(database, { tenantId: TENANT, key: PARTNER_KEY, partnerId })
  const ask: PartnerWorld['ask'] = (method, name, parameters, headers = {}) => {
    const query = method === 'GET' && parameters ? `?${new URLSearchParams(Object.entries(parameters))}` : ''
    const body = method === 'GET' ? undefined : parameters
    return server.call(method, `/partner/v1/${name}${query}`, body, { token: KEYS[TENANT], ...headers })
  }
  const at = (time: string) => setTime(server, time)
  return { ...server, partnerId, ask, at }
}

/** A fixed time in place of the database's clock. */
export async function setTime({ database }: TestServer, time: string): Promise<void> {
  const text = `CREATE OR REPLACE FUNCTION "booking_time"() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT '${new Date(time).toISOString()}'::timestamptz $$`
  await database.query(text)
}

/** Sends a form as bytes, as a browser or curl does. */
export async function sendForm(
  { app }: TestServer,
  name: string,
  form: FormData | URLSearchParams,
  headers: Record<string, string> = {}
) {
  const { headers: own, body } = new Request('http://localhost', { method: 'POST', body: form })
  const payload = Buffer.from(await new Response(body).arrayBuffer())
  const sent: InjectOptions = {
    method: 'POST',
    url: `/partner/v1/${name}`,
    headers: { token: KEYS[TENANT], 'content-type': String(own.get('content-type')), ...headers },
    payload
  }
  return app.inject(sent)
}
