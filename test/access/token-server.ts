import type { FastifyInstance, InjectOptions } from 'fastify'
import pino, { type Logger } from 'pino'
import { expect } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { later } from '../../src/base/instant.ts'
import type { Answer } from '../support/answer.ts'
import { secrets, testConfig } from '../support/config.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'

/** Parameters of a form; pairs allow repeated ones. */
export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

export interface TokenAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly body: Answer
}

export interface Sending {
  readonly path?: string
  readonly query?: Form
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: InjectOptions['method']
  /** Replaces the form. */
  readonly payload?: string
}

/** An app with a clock that only tests move. */
export interface TokenServer extends TestDatabase {
  readonly app: FastifyInstance
  /** Posts a form, each time from another address, so that failures of others cause no wait. */
  post(form: Form, sending?: Sending): Promise<TokenAnswer>
  /** Returns the status of a request to the API with an access token. */
  open(accessToken: string, path?: string): Promise<number>
  /** Moves the clock of this app and of those that share it. */
  pass(seconds: number): void
  /** Starts another process on the same database, with the same clock. */
  another(env?: Readonly<Record<string, string>>): Promise<TokenServer>
  close(): Promise<void>
}

interface Shared {
  readonly store: TestDatabase
  readonly time: { now: string }
}

let requests = 0

export async function startTokenServer(
  env: Readonly<Record<string, string>> = {},
  shared?: Shared,
  logger: Logger = pino({ level: 'silent' })
): Promise<TokenServer> {
  const { store, time } = shared ?? { store: await createTestDatabase(), time: { now: new Date().toISOString() } }
  const app = await buildApp({
    secrets,
    config: testConfig(env),
    database: store.database,
    logger,
    clock: () => time.now
  })
  await app.ready()
  return {
    ...store,
    app,
    post: async (form, sending = {}) => {
      const { path = '/oauth/token', query, headers = {}, method = 'POST', payload = encoded(form) } = sending
      requests++
      const response = await app.inject({
        method,
        url: query ? `${path}?${encoded(query)}` : path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        remoteAddress: `10.${requests >> 16}.${(requests >> 8) & 0xff}.${requests & 0xff}`,
        payload
      })
      const { statusCode: status, body: text } = response
      return { status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : undefined }
    },
    open: async (accessToken, path = 'billCycle') => {
      const headers = { authorization: `Bearer ${accessToken}` }
      return (await app.inject({ url: `${BASE}/${path}`, headers })).statusCode
    },
    pass: (seconds) => {
      time.now = later(time.now, seconds)
    },
    another: (more = {}) => startTokenServer(more, { store, time }),
    close: async () => {
      await app.close()
      if (!shared) await store.drop()
    }
  }
}

export function basic(name: string, password: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

/** Expects the form of every OAuth failure. */
export function expectFailure(headers: Readonly<Record<string, unknown>>, body: object): void {
  expect(Object.keys(body).sort()).toEqual(['error', 'error_code', 'error_description', 'error_uri'])
  expect(Object.values(body).every((text) => typeof text === 'string' && text !== '')).toBe(true)
  expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
}

function encoded(form: Form): string {
  return new URLSearchParams([...pairsOf(form)]).toString()
}

function* pairsOf(form: Form): Generator<[string, string]> {
  for (const [name, value] of isList(form) ? form : Object.entries(form)) yield [name, value]
}

function isList(form: Form): form is readonly (readonly [string, string])[] {
  return Array.isArray(form)
}
