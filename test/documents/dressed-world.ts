import { expect } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type BillingWorld, runToEnd, untilDone } from '../billing/world.ts'
import { KEYS, TENANT } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { logoUri } from './logo.ts'
import { BRANDING } from './source.ts'

const FORMATS = ['application/pdf', 'text/html', 'text/csv']
export const CHARGES = [{ amount: '39.905' }, { amount: '1.333', kind: 'usageCharge' }]
export const ADDRESS = {
  line1: 'Am Kai 1',
  postalCode: '20457',
  city: 'Hamburg',
  country: 'DE',
  phoneNumber: '+49 40 123'
}

export async function documentsOf(world: BillingWorld, billId: string): Promise<readonly Buffer[]> {
  const { body } = await world.server.call('GET', `customerBill/${billId}`)
  const url = `${BASE}/customerBill/${billId}/document/${body.billDocument[0].id}`
  return Promise.all(
    FORMATS.map(async (accept) => {
      const { statusCode, rawPayload } = await world.server.app.inject({
        url,
        headers: { token: KEYS[TENANT], accept }
      })
      expect([accept, statusCode]).toEqual([accept, 200])
      return rawPayload
    })
  )
}

export const pageOf = async (world: BillingWorld, billId: string) => String((await documentsOf(world, billId))[1])

export async function expectSame(world: BillingWorld, billId: string, before: readonly Buffer[]): Promise<void> {
  const after = await documentsOf(world, billId)
  expect(after.map((bytes, at) => bytes.equals(before[at] ?? Buffer.alloc(0)))).toEqual([true, true, true])
}

interface Look {
  readonly provider: string
  readonly branding: object
  readonly timeZone: string
  readonly language: string
  readonly itemisation: object
  readonly customer: string
  readonly address: object
  /** The account's own values. */
  readonly account: { readonly language?: string; readonly address?: object }
}

export const FIRST: Look = {
  provider: 'Nordlicht',
  branding: { ...BRANDING, logo: logoUri(6) },
  timeZone: 'UTC',
  language: 'de',
  itemisation: {},
  customer: 'Ada Lovelace',
  address: ADDRESS,
  account: {}
}
export const SECOND: Look = {
  provider: 'Südlicht',
  branding: { colour: '#aa0000', contact: ['sudlicht.example'] },
  timeZone: 'America/New_York',
  language: 'en',
  itemisation: { lines: 0 },
  customer: 'Grace Hopper',
  address: { city: 'London' },
  account: { language: 'fr', address: { city: 'Paris' } }
}

/** Changes everything that documents show or might show, except the bill. */
export async function dress({ server }: BillingWorld, look: Look): Promise<void> {
  const { database } = server
  const { provider, branding, timeZone, language, itemisation, customer, address, account } = look
  await database.run(sql`UPDATE "tenant" SET "name" = ${provider}, "branding" = ${JSON.stringify(branding)},
    "time_zone" = ${timeZone}, "language" = ${language},
    "itemisation" = ${JSON.stringify(itemisation)}, "call_charge_types" = ${JSON.stringify([language])}
    WHERE "id" = ${TENANT}`)
  await database.run(sql`UPDATE "customer" SET "name" = ${customer}, "address" = ${JSON.stringify(address)}`)
  await database.run(sql`UPDATE "billing_account" SET "name" = ${customer}, "net_term_days" = length(${provider}),
    "tax_profile" = NULL, "language" = ${account.language},
    "address" = ${account.address && JSON.stringify(account.address)}`)
  await database.run(sql`UPDATE "partner" SET "name" = ${provider}, "account_number" = ${provider}`)
}

async function onlyBill(world: BillingWorld): Promise<string> {
  const { body } = await world.server.call('GET', 'customerBill')
  expect(body).toHaveLength(1)
  return body[0].id
}

export const patchState = (world: BillingWorld, id: string, state: string) =>
  world.server.call('PATCH', `customerBill/${id}`, JSON.stringify({ state }), {
    'content-type': 'application/merge-patch+json'
  })

export async function billByRun(world: BillingWorld, billState: string): Promise<string> {
  await runToEnd(world, { billState })
  return onlyBill(world)
}

export async function billOnDemand(world: BillingWorld, account: string): Promise<string> {
  const { state, customerBill } = await untilDone(world.server, { billingAccount: { id: account } })
  expect(state).toBe('done')
  return customerBill.id
}

export async function billByRelease(world: BillingWorld): Promise<string> {
  const run = await runToEnd(world)
  const { body } = await world.server.call('POST', `/billing/v1/billRun/${run.id}/release`, { state: 'sent' })
  expect(body).toEqual({ released: 1, skipped: [] })
  return onlyBill(world)
}

export async function billByPatch(world: BillingWorld): Promise<string> {
  const id = await billByRun(world, 'new')
  expect((await patchState(world, id, 'validated')).status).toBe(200)
  return id
}

export async function letterheads(world: BillingWorld) {
  const { rows } = await world.server.database.run(sql`SELECT l."content"->>'name', count(b."id") FROM "letterhead" l
    LEFT JOIN "customer_bill" b ON b."tenant_id" = l."tenant_id" AND b."letterhead_id" = l."id"
    GROUP BY l."tenant_id", l."id" ORDER BY l."created_at"`)
  return rows.map(([name, bills]) => [name, Number(bills)])
}
