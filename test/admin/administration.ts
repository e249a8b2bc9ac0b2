import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import type { Answer } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { KEYS, TENANT } from '../support/database.ts'
import type { Reply, TestServer } from '../support/server.ts'

export const ADMIN = '/admin/v1'
const FORM = 'application/x-www-form-urlencoded'

export type Caller = Pick<TestServer, 'call'>

/** A postable body and a changing patch for each resource of the administration. */
export const ADMIN_SAMPLES: Readonly<Record<string, { body: object; patch: object }>> = {
  partner: { body: { accountNumber: 'P-100', name: 'North' }, patch: { name: 'South' } },
  user: { body: { username: 'zoë@example.com', scope: ['bill:read'] }, patch: { scope: ['trust'], isEnabled: false } },
  client: {
    body: { clientId: 'upload.1', grantTypes: ['client_credentials'], scope: ['bill:write'] },
    patch: { grantTypes: ['client_credentials', 'refresh_token'], refreshesClientCredentials: true }
  },
  apiKey: {
    body: { name: 'VoIP', scope: ['account:read'], allowedAddresses: ['192.0.2.0/24', '2001:db8::1'] },
    patch: { allowedAddresses: null, expiresAt: '2099-01-01T00:00:00.000Z' }
  }
}

/** The member with the secret of a new resource, if it has one. */
export const SECRETS: Readonly<Record<string, string>> = { user: 'password', client: 'secret', apiKey: 'key' }

export async function add(server: Caller, path: string, more: object = {}): Promise<Answer> {
  const reply = await server.call('POST', `${ADMIN}/${path}`, { ...ADMIN_SAMPLES[path]?.body, ...more })
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.text}`)
  return reply.body
}

export function requestToken(server: Caller, parameters: Record<string, string>): Promise<Reply> {
  return server.call('POST', '/oauth/token', new URLSearchParams(parameters).toString(), { 'content-type': FORM })
}

/** Returns the Authorization header for a token response. */
export function bearer({ body }: Reply): Record<string, string> {
  return { authorization: `Bearer ${body.access_token}` }
}

/** Returns the tenant's whole audit, which must hold no secret. */
export async function auditText(server: Caller): Promise<string> {
  return (await server.call('GET', `${ADMIN}/audit?limit=1000`)).text
}

/** Another process on the same database, with a clock that tests set. */
export interface ClockedServer extends Caller {
  setTime(instant: string): void
  close(): Promise<void>
}

/** Starts an app with its own clock on a test server's database, called with a key of the tenant `demo`. */
export async function startClockedServer({ database }: TestServer, start: string): Promise<ClockedServer> {
  let now = start
  const logger = pino({ level: 'silent' })
  const app = await buildApp({ config: testConfig(), secrets, database, logger, clock: () => now })
  return {
    call: async (method = 'GET', url, body, more = {}) => {
      const sent = 'authorization' in more ? more : { token: KEYS[TENANT], ...more }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
      const {
        statusCode,
        headers,
        body: text
      } = await app.inject({ method, url, headers: { ...type, ...sent }, ...payload })
      return { status: statusCode, headers, text, body: text === '' ? undefined : JSON.parse(text) }
    },
    setTime: (instant) => {
      now = instant
    },
    close: () => app.close()
  }
}
