import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import type { Answer } from './answer.ts'
import { secrets, testConfig } from './config.ts'
import { createTestDatabase, KEYS, TENANT, type TestDatabase } from './database.ts'
import { resourcesAndHub as resources } from './standard-resources.ts'

export const BASE = '/customerBillManagement/v4'

export interface TestServer extends TestDatabase {
  readonly app: FastifyInstance
  /** Sends a request below the API's base. */
  call(method: InjectOptions['method'], path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Name of a resource's type in the standard. */
  typeOf(path: string): string
  close(): Promise<void>
}

export interface Reply {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  readonly text: string
  /** The parsed JSON; a test of exact digits reads `text`. */
  readonly body: Answer
}

/**
 * Starts the app on its own database, or on another server's. Requests need no network and have an API key of the
 * tenant `demo`, or `credential`.
 */
export async function startTestServer(
  env: Record<string, string> = {},
  shared?: TestDatabase,
  credential: Record<string, string> = { token: KEYS[TENANT] }
): Promise<TestServer> {
  const store = shared ?? (await createTestDatabase())
  const logger = pino({ level: 'silent' })
  const app = await buildApp({ config: testConfig(env), secrets, database: store.database, logger })
  await app.ready()
  return {
    ...store,
    app,
    typeOf: (path) => String(resources.get(path)?.type),
    call: async (method, path, body, headers = {}) => {
      const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const sent = 'authorization' in headers ? {} : credential
      const url = path.startsWith('/') ? path : `${BASE}/${path}`
      const response = await app.inject({
        method: method ?? 'GET',
        url,
        headers: { ...type, ...sent, ...headers },
        ...payload
      })
      return reply(response)
    },
    close: async () => {
      await app.close()
      if (!shared) await store.drop()
    }
  }
}

function reply({ statusCode, headers, body: text }: LightMyRequestResponse): Reply {
  const isJson = text !== '' && /^application\/json\b/.test(String(headers['content-type']))
  return { status: statusCode, headers, text, body: isJson ? JSON.parse(text) : undefined }
}
