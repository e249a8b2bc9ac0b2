import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawSql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { PATHS, SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'
import { type Owner, sees, startWorld, type Viewer, type World } from './world.ts'

const RUNS = 40
const SEED = 678
const VIEWERS = 8

/** References between resources, some of which a patch may change. */
const REFERENCES: Readonly<Record<string, { name: string; to: string; isPatchable: boolean }>> = {
  billCycle: { name: 'BillCycleSpecification', to: 'billCycleSpecification', isPatchable: true },
  customerBill: { name: 'billCycle', to: 'billCycle', isPatchable: false },
  appliedCustomerBillingRate: { name: 'bill', to: 'customerBill', isPatchable: false }
}

interface ModelRow extends Owner {
  readonly id: string
  readonly path: string
  refersTo: ModelRow | undefined
  changes: number
}

type Operation = { readonly viewer: number; readonly row: number; readonly other: number } & (
  | { readonly what: 'create'; readonly path: string; readonly refers: boolean }
  | { readonly what: 'patch' | 'refer' | 'remove' | 'retrieve' }
)

let world: World
/** The rows in the order of creation, and the changes by author. */
let rows: ModelRow[] = []
const audit: unknown[][] = []
const events: unknown[][] = []

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const operation: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.record({ viewer: fc.nat(VIEWERS - 1), row: fc.nat(), other: fc.nat() }),
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ what: fc.constant('create' as const), path: paths(), refers: fc.boolean() })
      },
      { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('patch', 'refer', 'remove', 'retrieve') }) }
    )
  )
  .map(([drawn, rest]) => ({ ...drawn, ...rest }) as Operation)

test('everybody sees and changes what a model of owners says, and every change has a name on it', async () => {
  expect(world.viewers.length).toBe(VIEWERS)
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
      for (const drawn of operations) {
        const viewer = world.viewers[drawn.viewer] as Viewer
        await run(viewer, drawn)
      }
      for (const viewer of world.viewers) for (const path of PATHS) await checkList(viewer, path)
    }),
    { numRuns: RUNS, seed: SEED }
  )
  expect(await written('audit', 'actor_name', 'on_behalf_of', 'action', 'resource_id')).toEqual(audit)
  expect(await written('event', 'partner_id', 'event_type', 'resource_id')).toEqual(events)
  expect(new Set(audit.map(([, , , action]) => action)).size).toBe(3)
})

async function run(viewer: Viewer, drawn: Operation): Promise<void> {
  if (drawn.what === 'create') return create(viewer, drawn.path, drawn.refers ? drawn.other : undefined)
  const row = rows[drawn.row % rows.length]
  if (!row) return
  const url = `${BASE}/${row.path}/${row.id}`
  switch (drawn.what) {
    case 'retrieve':
      return expectStatus(await world.ask(viewer, 'GET', url), sees(viewer, row) ? 200 : 404)
    case 'patch':
      return patch(viewer, row, url)
    case 'refer':
      return refer(viewer, row, url, drawn.other)
    case 'remove':
      return remove(viewer, row, url)
  }
}

async function create(viewer: Viewer, path: string, other: number | undefined): Promise<void> {
  const reference = REFERENCES[path]
  const target = reference && other !== undefined ? pick(reference.to, other) : undefined
  const referring = reference && target && { [reference.name]: { id: target.id } }
  // A rate on a bill needs no account of its own.
  const billed = path === 'appliedCustomerBillingRate' && target ? { isBilled: true, billingAccount: undefined } : {}
  const answer = await world.ask(viewer, 'POST', `${BASE}/${path}`, { ...SAMPLES[path]?.body, ...billed, ...referring })
  if (target && !sees(viewer, target)) return expectStatus(answer, 400)
  expectStatus(answer, 201)
  const { tenantId, partnerId } = viewer
  const row = { tenantId, partnerId, id: parsed(answer.body).id, path, refersTo: target, changes: 0 }
  rows.push(row)
  note(viewer, row, 'create', resources.get(path)?.events?.created)
}

async function patch(viewer: Viewer, row: ModelRow, url: string): Promise<void> {
  const state = row.changes % 2 === 0 ? 'onHold' : 'new'
  const change = row.path === 'customerBill' ? { state } : { name: `Changed ${row.changes}` }
  const answer = await world.ask(viewer, 'PATCH', url, change)
  if (!sees(viewer, row)) return expectStatus(answer, 404)
  if (isBilledRate(row)) return expectStatus(answer, 409)
  expectStatus(answer, 200)
  row.changes++
  const types = resources.get(row.path)?.events
  note(viewer, row, 'patch', row.path === 'customerBill' ? types?.stateChanged : types?.attributeValueChanged)
}

/** A partner's row refers to rows of that partner only, even if the provider changes it. */
async function refer(viewer: Viewer, row: ModelRow, url: string, other: number): Promise<void> {
  const reference = REFERENCES[row.path]
  const target = reference?.isPatchable ? pick(reference.to, other) : undefined
  if (!reference || !target || target === row.refersTo) return
  const answer = await world.ask(viewer, 'PATCH', url, { [reference.name]: { id: target.id } })
  if (!sees(viewer, row)) return expectStatus(answer, 404)
  const isAllowed = sees(viewer, target) && (row.partnerId === null || row.partnerId === target.partnerId)
  expectStatus(answer, isAllowed ? 200 : 400)
  if (!isAllowed) return
  row.refersTo = target
  note(viewer, row, 'patch', resources.get(row.path)?.events?.attributeValueChanged)
}

async function remove(viewer: Viewer, row: ModelRow, url: string): Promise<void> {
  const answer = await world.ask(viewer, 'DELETE', url)
  if (!sees(viewer, row)) return expectStatus(answer, 404)
  if (isBilledRate(row) || rows.some(({ refersTo }) => refersTo === row)) return expectStatus(answer, 409)
  expectStatus(answer, 204)
  rows = rows.filter((one) => one !== row)
  note(viewer, row, 'remove', resources.get(row.path)?.events?.removed)
}

async function checkList(viewer: Viewer, path: string): Promise<void> {
  const answer = await world.ask(viewer, 'GET', `${BASE}/${path}?limit=1000&fields=none`)
  const seen = rows.filter((row) => row.path === path && sees(viewer, row)).map(({ id }) => id)
  const found: { id: string }[] = answer.json()
  expect(
    found.map(({ id }) => id),
    `${viewer.name} ${path}`
  ).toEqual(seen)
  expect(answer.headers['x-total-count']).toBe(String(seen.length))
}

function note({ tenantId, key, onBehalfOf }: Viewer, row: ModelRow, action: string, eventType?: string): void {
  audit.push([tenantId, key, onBehalfOf, action, row.id])
  if (eventType) events.push([row.tenantId, row.partnerId, eventType, row.id])
}

/** Reads columns of a table, each row with its tenant first, in the order of writing. */
async function written(table: string, ...columns: readonly string[]): Promise<unknown[][]> {
  const text = ['tenant_id', ...columns].map((column) => `"${column}"`).join()
  const { rows: found } = await world.database.run(rawSql(`SELECT ${text} FROM "${table}" ORDER BY "id"`))
  return found.map((row) => [...row])
}

function pick(path: string, at: number): ModelRow | undefined {
  const candidates = rows.filter((row) => row.path === path)
  return candidates[at % candidates.length]
}

function isBilledRate({ path, refersTo }: ModelRow): boolean {
  return path === 'appliedCustomerBillingRate' && refersTo !== undefined
}

function expectStatus({ statusCode, body }: { statusCode: number; body: string }, status: number): void {
  expect(statusCode, body).toBe(status)
}

function paths(): fc.Arbitrary<string> {
  return fc.constantFrom(...PATHS)
}
