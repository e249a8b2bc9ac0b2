import { createHash } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import { hashSecret } from '../../src/auth/keys/secret.ts'
import { encodePassword, hashPassword } from '../../src/auth/sign-in/password.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { secrets, testConfig } from '../support/config.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'

export const ISSUER = 'https://bills.example.com/tmf'
export const REDIRECT_URI = 'https://portal.example.com/callback'
export const QUERY_REDIRECT_URI = 'https://portal.example.com/callback?app=a%20b'
export const NATIVE_REDIRECT_URI = 'com.example.portal:/callback'
export const SECRET = 'confidential-secret'
export const PASSWORD = 'correct horse <battery> & "staple"'
export const VERIFIER = 'a'.repeat(64)
export const START_MS = Date.parse('2026-11-21T10:00:00.000Z')

/** An app with clients and a user for the authorization code flow, and a clock that tests turn. */
export interface Portal extends TestDatabase {
  readonly app: FastifyInstance
  turn(ms: number): void
  /** Requests the sign-in page. */
  ask(changes?: Changes): Promise<LightMyRequestResponse>
  /** Sends its form. */
  signIn(changes?: Changes, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Signs in and returns the code. */
  code(changes?: Changes): Promise<string>
  /** Trades a code in at the token endpoint. */
  trade(code: string, changes?: Changes): Promise<LightMyRequestResponse>
}

/** Changes of the usual parameters; undefined leaves one out. */
export type Changes = Readonly<Record<string, string | undefined>>

export async function startPortal(): Promise<Portal> {
  const store = await createTestDatabase()
  let nowMs = START_MS
  const app = await buildApp({
    secrets,
    config: testConfig({ PUBLIC_URL: ISSUER }),
    database: store.database,
    logger: pino({ level: 'silent' }),
    clock: () => new Date(nowMs).toISOString()
  })
  await addClients(store)
  await addUser(store)
  await app.ready()
  const ask = (changes: Changes = {}) => app.inject(`/oauth/authorize?${form(REQUEST, changes)}`)
  const post = (url: string, payload: string, headers = {}) =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': FORM, ...headers } })
  const signIn = (changes: Changes = {}, headers = {}) =>
    post('/oauth/authorize', form({ ...REQUEST, username: 'ann', password: PASSWORD }, changes), headers)
  return {
    ...store,
    app,
    turn: (ms) => {
      nowMs += ms
    },
    ask,
    signIn,
    code: async (changes = {}) => answerOf(await signIn(changes)).get('code') ?? '',
    trade: (code, changes = {}) => post('/oauth/token', form({ ...TRADE, code }, changes)),
    drop: async () => {
      await app.close()
      await store.drop()
    }
  }
}

export function answerOf({ headers }: LightMyRequestResponse): URLSearchParams {
  return new URL(String(headers.location)).searchParams
}

const FORM = 'application/x-www-form-urlencoded'

const REQUEST = {
  response_type: 'code',
  client_id: 'portal',
  redirect_uri: REDIRECT_URI,
  scope: 'bill:read',
  state: 'xyz <&>',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256'
}

const TRADE = {
  grant_type: 'authorization_code',
  client_id: 'portal',
  redirect_uri: REDIRECT_URI,
  code_verifier: VERIFIER
}

function form(parameters: Changes, changes: Changes): string {
  const entries = Object.entries({ ...parameters, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]]
  )
  return new URLSearchParams(entries).toString()
}

async function addClients({ database }: TestDatabase): Promise<void> {
  const clients = [
    { name: 'portal', secretHash: undefined, grants: ['authorization_code', 'refresh_token'] },
    { name: 'backend', secretHash: hashSecret(SECRET), grants: ['authorization_code'] },
    { name: 'batch', secretHash: hashSecret(SECRET), grants: ['client_credentials'] }
  ]
  const redirectUris = [
    REDIRECT_URI,
    QUERY_REDIRECT_URI,
    NATIVE_REDIRECT_URI,
    'http://[::1]:8080/callback',
    'javascript:alert(1)//',
    'https://portal.example.com/#fragment'
  ]
  for (const { name, secretHash, grants } of clients) {
    await database.run(sql`INSERT INTO "oauth_client" ("tenant_id", "id", "last_update", "client_id", "secret_hash",
        "grant_types", "scope", "password_encoding", "redirect_uris", "refreshes_client_credentials", "is_enabled")
      VALUES (${TENANT}, ${newId()}, now(), ${name}, ${secretHash}, ${JSON.stringify(grants)},
        ${JSON.stringify(['bill:read', 'bill:write', 'account:read'])}, 'sha256', ${JSON.stringify(redirectUris)},
        false, true)`)
  }
}

async function addUser({ database }: TestDatabase): Promise<void> {
  const hash = await hashPassword(encodePassword(PASSWORD))
  await database.run(sql`INSERT INTO "oauth_user" ("tenant_id", "id", "last_update", "username", "password_hash",
      "scope", "is_enabled")
    VALUES (${TENANT}, ${newId()}, now(), 'ann', ${hash}, ${JSON.stringify(['bill:read', 'bill:write'])}, true)`)
}
