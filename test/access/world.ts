import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import { identifier, sql } from '../../src/db/sql.ts'
import { secrets, testConfig } from '../support/config.ts'
import {
  addApiKey,
  addPartner,
  createTestDatabase,
  KEYS,
  OTHER_TENANT,
  TENANT,
  type TestDatabase
} from '../support/database.ts'

export interface Owner {
  readonly tenantId: string
  readonly partnerId: string | null
}

/** A requester and the owner it acts for. */
export interface Viewer extends Owner {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  /** Name of the API key. */
  readonly key: string
  /** The account number of the partner that a provider acts as. */
  readonly onBehalfOf: string | null
}

/** Two tenants with partners, which share an account number, and every kind of requester. */
export interface World extends TestDatabase {
  readonly app: FastifyInstance
  readonly viewers: readonly Viewer[]
  ask(
    viewer: Viewer,
    method: string,
    url: string,
    body?: object | string,
    headers?: object
  ): Promise<LightMyRequestResponse>
  /** Returns a digest of each table. */
  digests(): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}

/** The only instant of a world, so that no row changes because of time. */
const NOW = '2026-11-21T12:00:00.000Z'
const ACCOUNTS = [
  [TENANT, 'SHARED-1'],
  [TENANT, 'DEMO-2'],
  [OTHER_TENANT, 'SHARED-1']
] as const

export async function startWorld(): Promise<World> {
  const store = await createTestDatabase()
  const viewers = await addViewers(store)
  const logger = pino({ level: 'silent' })
  const app = await buildApp({
    secrets,
    config: testConfig(),
    database: store.database,
    logger,
    clock: () => NOW
  })
  await app.ready()
  const ask: World['ask'] = (viewer, method, url, body, headers = {}) => {
    const type = body && { 'content-type': 'application/json' }
    const sent = { ...type, ...viewer.headers, ...headers }
    return app.inject({ method: method as InjectOptions['method'], url, headers: sent, ...(body && { payload: body }) })
  }
  // The first use of a key is noted.
  for (const viewer of viewers) await ask(viewer, 'GET', '/customerBillManagement/v4/billCycle')
  return {
    ...store,
    app,
    viewers,
    ask,
    digests: () => digestsOf(store),
    close: async () => {
      await app.close()
      await store.drop()
    }
  }
}

export function sees(viewer: Viewer, owner: Owner): boolean {
  return viewer.tenantId === owner.tenantId && (viewer.partnerId === null || viewer.partnerId === owner.partnerId)
}

/** Removes values that differ between requests, and the requested ids. */
export function comparable({ statusCode, headers, body }: LightMyRequestResponse, ...ids: readonly string[]) {
  const { 'x-request-id': requestId, date: _, ...rest } = headers
  const hidden = [String(requestId), ...ids].filter((text) => text !== '')
  const hide = (text: string) => hidden.reduce((left, part) => left.replaceAll(part, '<id>'), text)
  return { statusCode, headers: JSON.parse(hide(JSON.stringify(rest))), body: hide(body) }
}

async function addViewers({ database }: TestDatabase): Promise<readonly Viewer[]> {
  const providers = [TENANT, OTHER_TENANT].map((tenantId): Viewer => {
    const key = KEYS[tenantId as keyof typeof KEYS]
    return { name: tenantId, tenantId, partnerId: null, headers: { token: key }, key, onBehalfOf: null }
  })
  const viewers = [...providers]
  for (const [at, [tenantId, accountNumber]] of ACCOUNTS.entries()) {
    const partnerId = await addPartner(database, tenantId, accountNumber)
    const key = `key of ${tenantId} ${accountNumber}`
    await addApiKey(database, { tenantId, key, partnerId })
    const name = `${accountNumber} of ${tenantId}`
    viewers.push({ name, tenantId, partnerId, headers: { token: key }, key, onBehalfOf: null })
    const provider = providers.find((one) => one.tenantId === tenantId) as Viewer
    const spelling = at % 2 === 0 ? 'proxy_accountNumber' : 'proxy-accountNumber'
    const headers = { ...provider.headers, [spelling]: accountNumber }
    viewers.push({
      ...provider,
      name: `${tenantId} as ${accountNumber}`,
      partnerId,
      headers,
      onBehalfOf: accountNumber
    })
  }
  return viewers
}

async function digestsOf({ database }: TestDatabase): Promise<Readonly<Record<string, string>>> {
  const { rows } = await database.run(sql`SELECT "table_name" FROM "information_schema"."tables"
    WHERE "table_schema" = 'public' AND "table_type" = 'BASE TABLE' ORDER BY 1`)
  const digests: Record<string, string> = {}
  for (const [name] of rows) {
    const table = await database.run(
      sql`SELECT md5(string_agg(t::text, E'\n' ORDER BY t::text)) FROM ${identifier(String(name))} AS t`
    )
    digests[String(name)] = String(table.rows[0]?.[0])
  }
  return digests
}
