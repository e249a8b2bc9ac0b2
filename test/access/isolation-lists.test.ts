import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminResources } from '../../src/admin/index.ts'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import type { Resource } from '../../src/tmf/declaration/resource.ts'
import { parsed } from '../support/answer.ts'
import { addApiKey, addPartner } from '../support/database.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import { resourcesAndHub as resources } from '../support/standard-resources.ts'
import { addClient, addUser } from './people.ts'
import { guardedRoutes } from './route-list.ts'
import { idsIn, posted } from './rows.ts'
import { comparable, sees, startWorld, type Viewer, type World } from './world.ts'

const NOBODY = newId()
const RESOURCES = [...resources.values(), ...adminResources.values()]
const EXACT = { prefer: 'count=exact' }
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** An account of every owner is called so. */
const USED = 'USED-1'
const DAYS = 'initial_date=2000-01-01&final_date=2100-01-01'
/** Queries of routes that need parameters, or take no `limit`. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '/billing/v1/agingReport': [''],
  '/billing/v1/ledgerExport': ['?from=2000-01-01&to=2100-01-01'],
  '/billing/v1/trialBalance': [''],
  '/billing/v1/accountBalances': [''],
  '/partner/v1/customerBalance': [`?account_number=${USED}&${DAYS}`],
  '/partner/v1/partnerBalance': [`?partner_account=SHARED-1&${DAYS}`]
}

let world: World

beforeAll(async () => {
  world = await startWorld()
  for (const viewer of world.viewers) for (const path of Object.keys(SAMPLES)) await posted(world, viewer, path)
  for (const viewer of world.viewers.filter(({ onBehalfOf }) => onBehalfOf === null)) await addUsedAccount(viewer)
  await world.database.run(sql`UPDATE "partner" p SET "billing_account_id" = a."id" FROM "billing_account" a
    WHERE a."tenant_id" = p."tenant_id" AND a."partner_id" = p."id"`)
  await world.database.run(sql`INSERT INTO "captcha" ("tenant_id", "id", "provider", "last_update")
    SELECT "id", "id", 'off', now() FROM "tenant"`)
})
afterAll(() => world.close())

describe('what others create, change and remove', () => {
  test.each<[string, (viewer: Viewer) => boolean, (viewer: Viewer) => boolean]>([
    ['one tenant', ofTenant('demo'), ofTenant('other')],
    ['another tenant', ofTenant('other'), ofTenant('demo')],
    [
      'a partner',
      isNamed('SHARED-1 of demo', 'demo as SHARED-1'),
      not(isNamed('SHARED-1 of demo', 'demo as SHARED-1'))
    ],
    ['a partner elsewhere', isNamed('SHARED-1 of other'), not(isNamed('SHARED-1 of other', 'other as SHARED-1'))]
  ])('changes no list of %s in any way', async (_, isWatching, isActing) => {
    const watching = world.viewers.filter(isWatching)
    const before = await listsOf(watching)
    for (const viewer of world.viewers.filter(isActing)) {
      for (const path of Object.keys(SAMPLES)) {
        const [kept, gone] = [await posted(world, viewer, path), await posted(world, viewer, path)]
        const patched = await world.ask(viewer, 'PATCH', `${BASE}/${path}/${kept}`, SAMPLES[path]?.patch)
        const removed = await world.ask(viewer, 'DELETE', `${BASE}/${path}/${gone}`)
        expect([patched.statusCode, removed.statusCode]).toEqual([200, 204])
      }
      await addCredentials(viewer)
      await postUsage(viewer)
    }
    expect(await listsOf(watching)).toEqual(before)
  })
})

test('a cursor leads nobody to the rows of whom it was made for', async () => {
  for (const maker of world.viewers) {
    for (const sort of ['', '&sort=-state', '&sort=billingAccount.id,-id']) {
      const list = `${BASE}/customerBill?fields=id${sort}`
      for (let at = 0; at < 3; at++) await posted(world, maker, 'customerBill')
      const { headers } = await world.ask(maker, 'GET', `${list}&limit=1`)
      const after = String(/after=([\w-]+)[^,]*rel="next"/.exec(String(headers.link))?.[1])
      const cursor: string[] = JSON.parse(Buffer.from(after, 'base64url').toString())
      const madeUp = Buffer.from(JSON.stringify(cursor.with(3, idBefore(String(cursor[3]))))).toString('base64url')
      for (const user of world.viewers.filter((viewer) => !sees(viewer, maker))) {
        const [real, forged] = await Promise.all(
          [after, madeUp].map((text) => world.ask(user, 'GET', `${list}&limit=1000&after=${text}`))
        )
        expect(real?.statusCode).toBeLessThan(300)
        expect(real?.body).toBe(forged?.body)
        expect(real?.headers['x-total-count']).toBe(forged?.headers['x-total-count'])
        const own = new Set((await idsIn(world, 'customer_bill')).filter((row) => sees(user, row)).map(({ id }) => id))
        for (const { id } of real?.json() ?? []) expect(own).toContain(id)
      }
    }
  }
})

test('an Idempotency-Key belongs to one tenant or partner: to others it is new, also at the same time', async () => {
  const headers = { 'idempotency-key': 'everybody-1' }
  // The provider as a partner and the partner itself are one owner.
  const asking = world.viewers.filter(({ onBehalfOf }) => onBehalfOf === null)
  const body = { billingAccount: { id: 'once' } }
  const first = await Promise.all(
    asking.map((viewer) => world.ask(viewer, 'POST', `${BASE}/customerBill`, body, headers))
  )
  expect(first.map(({ statusCode }) => statusCode)).toEqual(asking.map(() => 201))
  expect(first.filter((answer) => answer.headers['idempotency-replayed'] !== undefined)).toEqual([])
  expect(new Set(first.map((answer) => parsed(answer.body).id)).size).toBe(asking.length)
  for (const [at, viewer] of asking.entries()) {
    const again = await world.ask(viewer, 'POST', `${BASE}/customerBill`, body, headers)
    expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', first[at]?.body])
    const other = { 'idempotency-key': `only-${at}` }
    const different = { billingAccount: { id: viewer.name } }
    expect((await world.ask(viewer, 'POST', `${BASE}/customerBill`, different, other)).statusCode).toBe(201)
  }
  for (const viewer of world.viewers.filter(({ onBehalfOf }) => onBehalfOf !== null)) {
    const owner = asking.findIndex(({ partnerId }) => partnerId === viewer.partnerId)
    const again = await world.ask(viewer, 'POST', `${BASE}/customerBill`, body, headers)
    expect(again.body, viewer.name).toBe(first[owner]?.body)
  }
})

async function addCredentials({ tenantId, partnerId }: Viewer): Promise<void> {
  const name = newId()
  const belonging = { tenantId, partnerId: partnerId ?? undefined }
  await addClient(world.database, { ...belonging, clientId: name })
  await addUser(world.database, { ...belonging, username: name })
  await addApiKey(world.database, { ...belonging, key: name })
  await addPartner(world.database, tenantId, name)
}

async function addUsedAccount(viewer: Viewer): Promise<void> {
  const customer = await world.ask(viewer, 'POST', `${BASE}/customers`, { name: viewer.name })
  const account = { id: USED, name: viewer.name, customerId: parsed(customer.body).id }
  const answer = await world.ask(viewer, 'POST', `${BASE}/accounts`, account)
  if (answer.statusCode !== 201) throw new Error(answer.body)
  await postUsage(viewer)
}

async function postUsage(viewer: Viewer): Promise<void> {
  const rate = { billingAccount: { id: USED }, taxExcludedAmount: { unit: 'EUR', value: 1 } }
  const answer = await world.ask(viewer, 'POST', `${BASE}/appliedCustomerBillingRate`, rate)
  if (answer.statusCode !== 201) throw new Error(answer.body)
}

/** Returns the lists of all resources for some viewers, headers included. */
async function listsOf(watching: readonly Viewer[]): Promise<Readonly<Record<string, object>>> {
  const urls = guardedRoutes(world.app)
    .filter(({ method, url }) => method === 'GET' && !url.includes(':'))
    .flatMap(({ url }) => {
      const resource = RESOURCES.find(({ path }) => url === `${BASE}/${path}` || url === `/admin/v1/${path}`)
      return (resource ? queries(resource) : (NEEDED[url] ?? ['', '?limit=1'])).map((query) => url + query)
    })
  const answers: Record<string, object> = {}
  for (const viewer of watching) {
    for (const url of urls) {
      const answer = await world.ask(viewer, 'GET', url, undefined, EXACT)
      if (answer.statusCode >= 400 && answer.statusCode !== 403) throw new Error(`${url}: ${answer.body}`)
      answers[`${viewer.name} ${url}`] = comparable(answer)
    }
  }
  return answers
}

/** Queries of every kind: filters on all attributes with texts, sorts, pages, JSONPath. */
function queries({ attributes }: Resource): readonly string[] {
  const texts = [...attributes].filter(([, { shape }]) => shape.kind === 'text').map(([name]) => name)
  const within = [...attributes].flatMap(([name, { storage }]) => (storage.kind === 'reference' ? [`${name}.id`] : []))
  return [
    ...[
      '',
      '?limit=2',
      '?limit=0',
      '?offset=1&limit=1',
      '?offset=1000',
      '?sort=-id&limit=2',
      '?id.ne=x',
      '?fields=none'
    ],
    `?id.gt=${NOBODY}`,
    `?filter=${encodeURIComponent("$[?(@.id != 'x')]")}&limit=3`,
    `?filter=${encodeURIComponent('$[?(@.id =~ /^0/)]')}`,
    ...[...texts, ...within].flatMap((name) => [`?${name}.ne=zzz&sort=-${name}&limit=2`])
  ]
}

function idBefore(id: string): string {
  const zeros = /0*$/.exec(id)?.[0].length ?? 0
  const at = id.length - zeros - 1
  return id.slice(0, at) + DIGITS[DIGITS.indexOf(String(id[at])) - 1] + 'Z'.repeat(zeros)
}

function ofTenant(tenantId: string) {
  return (viewer: Viewer) => viewer.tenantId === tenantId
}

function isNamed(...names: readonly string[]) {
  return ({ name }: Viewer) => names.includes(name)
}

function not(is: (viewer: Viewer) => boolean) {
  return (viewer: Viewer) => !is(viewer)
}
