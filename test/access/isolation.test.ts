import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import type { Resource } from '../../src/tmf/declaration/resource.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'
import { addClient, addUser } from './people.ts'
import { guardedRoutes, pathTo, type Route } from './route-list.ts'
import {
  addCloses,
  addHolds,
  addRuns,
  holdOf,
  idsIn,
  posted,
  postedAccount,
  postedUploads,
  type StoredRow,
  storedRows
} from './rows.ts'
import { comparable, sees, startWorld, type Viewer, type World } from './world.ts'

/** A request without its path. */
interface Asking {
  readonly query?: string
  readonly headers?: object
  readonly body?: object
}

const NOBODY = newId()
const CREDENTIALS = {
  user: { username: 'new', scope: ['trust'], password: 'long enough to be one' },
  client: { clientId: 'new', scope: ['trust'], grantTypes: ['client_credentials'] },
  apiKey: { name: 'new', scope: ['trust'] }
}
/** Methods for partners that name an account or its hold, with their other parameters. */
const NAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/partner/v1/customerBalance': { initial_date: '2026-01-01', final_date: '2026-12-31' },
  '/partner/v1/authorize': { amount: '1', ttl: '60' },
  '/partner/v1/capture': { amount: '1' },
  '/partner/v1/release': {},
  '/partner/v1/funds': { amount: '-1', description: 'Mine' }
}
const HOLDS = ['/partner/v1/capture', '/partner/v1/release']
let world: World
let rows: readonly StoredRow[]

beforeAll(async () => {
  world = await startWorld()
  const { database, viewers } = world
  for (const tenantId of new Set(viewers.map((viewer) => viewer.tenantId))) {
    await addClient(database, { tenantId, clientId: `client of ${tenantId}`, secret: 'secret' })
    await addUser(database, { tenantId, username: 'somebody' })
  }
  for (const viewer of viewers) {
    for (const path of Object.keys(SAMPLES)) await posted(world, viewer, path)
    await postedAccount(world, viewer)
    await postedUploads(world, viewer)
  }
  await addRuns(database)
  await addCloses(database)
  await addHolds(database)
  rows = await storedRows(world)
})
afterAll(() => world.close())

describe('a row that one may not see', () => {
  test('is to every route as one that does not exist, and stays as it is', async () => {
    const before = await world.digests()
    const served = await servedRows()
    const wrong: unknown[] = []
    let compared = 0
    for (const route of guardedRoutes(world.app).filter(({ url }) => url.includes('/:'))) {
      for (const viewer of world.viewers) {
        const hidden = (served.get(itemOf(route.url)) ?? []).filter((row) => !sees(viewer, row))
        for (const asking of askings(route)) {
          const none = await answerTo(viewer, route, NOBODY, asking)
          const answers = await Promise.all(hidden.map(({ id }) => answerTo(viewer, route, id, asking)))
          wrong.push(...answers.filter((answer) => answer !== none).map((answer) => [viewer.name, route, answer, none]))
          compared += answers.length
        }
      }
    }
    expect(wrong).toEqual([])
    expect(compared).toBeGreaterThan(2_000)
    expect(await world.digests()).toEqual(before)
  })

  test('cannot be referred to: the answer is the one for a reference to nothing', async () => {
    const before = await world.digests()
    for (const { path, name, to } of ownReferences()) {
      for (const viewer of world.viewers) {
        const own = await rowOf(viewer, path)
        const refer = async (method: string, url: string, id: string) =>
          comparable(await world.ask(viewer, method, url, referring(method, path, name, id)), id)
        const hidden = (await idsIn(world, to.table)).filter((row) => !sees(viewer, row))
        expect(hidden.length).toBeGreaterThan(1)
        const attempts = [['POST', `${BASE}/${path}`] as const, ['PATCH', `${BASE}/${path}/${own}`] as const]
        for (const [method, url] of attempts.filter(([method]) => isReferable(method, path, name))) {
          const none = await refer(method, url, NOBODY)
          expect(none).toMatchObject({ statusCode: 400, body: expect.stringContaining('names no') })
          for (const { id } of hidden) expect(await refer(method, url, id), `${viewer.name} ${url}`).toEqual(none)
        }
      }
    }
    expect(await world.digests()).toEqual(before)
  })

  test('cannot be named to a method for partners: the answer is the one for a name of nothing', async () => {
    await world.database.run(sql`UPDATE "partner" p SET "billing_account_id" = (SELECT min(a."id")
      FROM "billing_account" a WHERE a."tenant_id" = p."tenant_id" AND a."partner_id" IS NULL)
      WHERE "account_number" = 'SHARED-1'`)
    const before = await world.digests()
    const accounts = await idsIn(world, 'billing_account')
    const methods = guardedRoutes(world.app).filter(({ method, url }) => url in NAMED && method !== 'HEAD')
    expect(methods.map(({ method, url }) => `${method} ${url}`)).toHaveLength(Object.keys(NAMED).length)
    const found = new Map<string, Set<number>>()
    for (const { method, url } of methods) {
      found.set(url, new Set())
      const isOfHold = HOLDS.includes(url)
      for (const viewer of world.viewers) {
        const ask = async (account: string) => {
          const id = isOfHold ? holdOf(account) : account
          const sent = { ...NAMED[url], [isOfHold ? 'hold' : 'account_number']: id }
          const [query, body] = method === 'GET' ? [`?${new URLSearchParams(sent)}`, undefined] : ['', sent]
          return comparable(await world.ask(viewer, method, url + query, body), id)
        }
        const none = await ask(NOBODY)
        found.get(url)?.add(none.statusCode)
        const hidden = accounts.filter((row) => !sees(viewer, row))
        expect(hidden.length).toBeGreaterThan(1)
        for (const { id } of hidden) expect(await ask(id), `${viewer.name} ${method} ${url}`).toEqual(none)
      }
    }
    // Who has no account of its own is refused before any other is looked up.
    for (const [url, statuses] of found) {
      expect([url, [...statuses].filter((status) => status === 404 || !url.endsWith('funds'))]).toEqual([url, [404]])
    }
    // Refusals because of a name are noted.
    const { audit, sign_in_attempt: attempts } = await world.digests()
    expect(await world.digests()).toEqual({ ...before, audit, sign_in_attempt: attempts })
  })

  test('cannot be what a new credential is for: partners of others are none', async () => {
    const before = await world.digests()
    const partners = await idsIn(world, 'partner')
    for (const viewer of world.viewers.filter(({ partnerId }) => partnerId === null)) {
      for (const [path, body] of Object.entries(CREDENTIALS)) {
        const create = async (id: string) =>
          comparable(await world.ask(viewer, 'POST', `/admin/v1/${path}`, { ...body, partner: { id } }), id)
        const none = await create(NOBODY)
        expect(none).toMatchObject({ statusCode: 400, body: expect.stringContaining('$.partner.id names no partner') })
        for (const { id } of partners.filter(({ tenantId }) => tenantId !== viewer.tenantId)) {
          expect(await create(id), `${viewer.name} ${path}`).toEqual(none)
        }
      }
    }
    expect(await world.digests()).toEqual(before)
  })
})

/** Returns requests that could reveal a row; one is enough below the second base path. */
function askings({ method, url }: Route): readonly Asking[] {
  const body = SAMPLES[itemOf(url).split('/').at(-2) ?? '']?.patch ?? { name: 'Anything' }
  return url.startsWith('/tmf-api/') ? waysOf(method, body).slice(0, 1) : waysOf(method, body)
}

function waysOf(method: string, body: object): readonly Asking[] {
  const test = [{ op: 'test', path: '/id', value: 'x' }]
  const jsonPatch = { 'content-type': 'application/json-patch+json' }
  switch (method) {
    case 'PATCH':
      return [{ body }, { body, headers: { 'if-match': '"99"' } }, { body: test, headers: jsonPatch }]
    case 'DELETE':
      return [{}, { headers: { 'if-match': '"99"' } }]
    case 'POST':
    case 'PUT':
      return [{ body: {} }, { body: {}, headers: { 'if-match': '"99"' } }]
    default:
      return [{}, { headers: { 'if-none-match': '*' } }, { query: '?fields=id', headers: { 'if-none-match': '"1"' } }]
  }
}

async function answerTo(viewer: Viewer, route: Route, id: string, asking: Asking): Promise<string> {
  const { query = '', headers, body } = asking
  const answer = await world.ask(viewer, route.method, pathTo(route, id) + query, body, headers)
  return JSON.stringify(comparable(answer, id))
}

/** Returns rows of every tenant for each path of an item, as a provider sees them. */
async function servedRows(): Promise<ReadonlyMap<string, readonly StoredRow[]>> {
  const readable = guardedRoutes(world.app).filter(({ method, url }) => method === 'GET' && url === itemOf(url))
  const served = new Map<string, StoredRow[]>()
  for (const { url } of readable.filter(({ url }) => url.includes('/:'))) {
    const found: StoredRow[] = []
    for (const row of rows) {
      const provider = world.viewers.find(({ name }) => name === row.tenantId)
      const answer = provider && (await world.ask(provider, 'GET', pathTo({ url }, row.id)))
      if (answer?.statusCode === 200) found.push(row)
    }
    expect(new Set(found.map(({ tenantId }) => tenantId)).size, url).toBe(2)
    served.set(url, found)
  }
  const items = guardedRoutes(world.app).filter(({ url }) => url.includes('/:'))
  expect(items.filter(({ url }) => !served.has(itemOf(url)))).toEqual([])
  return served
}

/** Cuts the path before its first parameter. */
function itemOf(url: string): string {
  return url.replace(/(:\w+).*$/, '$1')
}

interface OwnReference {
  readonly path: string
  readonly name: string
  readonly to: Resource
}

function ownReferences(): readonly OwnReference[] {
  return [...resources.values()].flatMap(({ path, attributes }) =>
    [...attributes].flatMap(([name, { storage, readOnly }]) => {
      // Read-only attributes are ignored in a body.
      const to = !readOnly && storage.kind === 'reference' && storage.to && resources.get(storage.to.path)
      return to ? [{ path, name, to }] : []
    })
  )
}

function isReferable(method: string, path: string, name: string): boolean {
  return method === 'POST' || (resources.get(path)?.patchable.includes(name) ?? false)
}

function referring(method: string, path: string, name: string, id: string): object {
  const reference = { [name]: { id } }
  if (method === 'PATCH') return reference
  // A billed rate needs no account of its own.
  const billed = path === 'appliedCustomerBillingRate' ? { isBilled: true, billingAccount: undefined } : {}
  return { ...SAMPLES[path]?.body, ...billed, ...reference }
}

async function rowOf({ tenantId, partnerId }: Viewer, path: string): Promise<string> {
  const all = await idsIn(world, String(resources.get(path)?.table))
  return String(all.find((row) => row.tenantId === tenantId && row.partnerId === partnerId)?.id)
}
