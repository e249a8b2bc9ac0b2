import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeEvent } from '../../src/events/envelope.ts'
import { EVENT_TYPES } from '../../src/events/event-types.ts'
import { eventsAfter, horizon } from '../../src/events/outbox.ts'
import { payloadFor, readSubscription } from '../../src/events/subscription.ts'
import { TENANT } from '../support/database.ts'
import { queryOf } from '../support/queries.ts'
import { postRandom } from '../support/random-documents.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { resources } from '../support/standard-resources.ts'

const SEED = 678
const RUNS = 300
const ADDRESSES = { api: BASE, billing: '/billing/v1' }
/** An event has the addresses of the server's documents; in the rows that a list filters they are not. */
const OWN_URL = new RegExp(`,"url":"${BASE}/customerBill/[^"]+/document/[^"]+"`, 'g')
const TOLD = [...resources.values()].filter(({ path }) =>
  [...EVENT_TYPES.values()].some(({ subject }) => subject.path === path)
)

let server: TestServer
type Told = readonly [type: string, event: string]
/** The last event of each resource, by path and id. */
const last = new Map<string, Map<string, Told>>()

beforeAll(async () => {
  server = await startTestServer()
  const start = await horizon(server.database)
  for (const resource of TOLD) {
    const documents = await postRandom(server, resource)
    for (const { id } of documents.slice(0, 20))
      await server.call('PATCH', `${resource.path}/${id}`, SAMPLES[resource.path]?.patch)
    last.set(resource.path, new Map())
  }
  const rows = await eventsAfter(server.database, { tenantId: TENANT }, start, await horizon(server.database), 10_000)
  for (const row of rows) {
    const event = writeEvent(row, ADDRESSES).replaceAll(OWN_URL, '')
    last.get(row.resourcePath)?.set(row.resourceId, [row.eventType, event])
  }
})
afterAll(() => server.close())

describe.each(TOLD)('$path', (resource) => {
  test('a subscription wants the events of exactly those that the list with the same conditions finds', async () => {
    const events = [...(last.get(resource.path) ?? [])]
    expect(events.length).toBeGreaterThan(50)
    await fc.assert(
      fc.asyncProperty(
        fc.nat().chain((seed) => {
          const query = (root: readonly string[]) => fc.sample(queryOf(resource, root), { numRuns: 1, seed })[0] ?? ''
          return fc.constant([query([]), query(['event', resource.path])] as const)
        }),
        async ([query, ofEvents]) => {
          const found = await server.call('GET', `${resource.path}?limit=1000&fields=id&${query}`)
          expect([200, 206], found.text).toContain(found.status)
          const wanted = wantedBy(ofEvents, events)
          expect(wanted.sort(), ofEvents).toEqual(found.body.map(({ id }) => id).sort())
        }
      ),
      { numRuns: RUNS, seed: SEED }
    )
  })
})

function wantedBy(query: string, events: readonly (readonly [id: string, told: Told])[]): string[] {
  const subscription = readSubscription(query)
  return events.flatMap(([id, [type, event]]) =>
    payloadFor(subscription, type, () => event) === undefined ? [] : [id]
  )
}
