import pg from 'pg'
import { expect, test } from 'vitest'
import { fillWithBills } from '../../bench/bills.ts'
import { TENANT as BENCH } from '../../bench/database.ts'
import { addEvents, countEvents } from '../../bench/event-data.ts'
import { eventGates, eventTables } from '../../bench/event-report.ts'
import { clearEvents } from '../../bench/event-tables.ts'
import type { EventResult } from '../../bench/events.ts'
import { receive, startReceiver } from '../../bench/receiver.ts'
import { sql } from '../../src/db/sql.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const DAY_MS = 86_400_000

const quiet = { perSecond: 100, p50Ms: 1, p99Ms: 2 }
const idle = { transactions: 3, listeners: 2, events: 0.5 }
const met: EventResult = {
  idle: { alone: idle, subscribed: { ...idle, listeners: 12 } },
  latency: { perSecond: 200, p50Ms: 90, p95Ms: 500 },
  drained: { events: 50_000, perSecond: 2_000 },
  bad: { listeners: 99, events: 200, quietMs: 1_000, besideMs: 1_200 },
  backlog: {
    events: 1_000_000,
    cases: [
      { title: 'bill by id', quiet, beside: [{ listener: 'a suspended one', load: { ...quiet, perSecond: 90 } }] }
    ]
  }
}

test.each<{ what: string; given: Partial<EventResult>; missed: readonly number[] }>([
  { what: 'at all limits', given: {}, missed: [] },
  {
    what: 'with many looks for listeners',
    given: { idle: { alone: { ...idle, listeners: 2.1 }, subscribed: idle } },
    missed: [0]
  },
  {
    what: 'with reads of events for nobody',
    given: { idle: { alone: { ...idle, events: 0.6 }, subscribed: idle } },
    missed: [1]
  },
  { what: 'late', given: { latency: { ...met.latency, p95Ms: 501 } }, missed: [2] },
  { what: 'without a figure', given: { latency: { ...met.latency, p95Ms: Number.NaN } }, missed: [2] },
  { what: 'slow', given: { drained: { ...met.drained, perSecond: 1_999 } }, missed: [3] },
  { what: 'delayed by one listener', given: { bad: { ...met.bad, besideMs: 1_210 } }, missed: [4] },
  {
    what: 'in the way of reads',
    given: {
      backlog: {
        events: 1,
        cases: [{ title: 'it', quiet, beside: [{ listener: 'one', load: { ...quiet, perSecond: 89 } }] }]
      }
    },
    missed: [5]
  }
])('the gates judge deliveries that are $what', ({ given, missed }) => {
  const gates = eventGates({ ...met, ...given })
  expect(gates.flatMap(({ isMet }, at) => (isMet ? [] : [at]))).toEqual(missed)
  expect(gates).toHaveLength(6)
})

test('the tables tell the ratios', () => {
  const tables = eventTables(met)
  expect(tables).toMatch(/beside one that never answers +1,200 +1.20/)
  expect(tables).toMatch(/bill by id, beside a suspended one +90 +1.00 +2.00 +0.90/)
})

test('the events of the bench are those of its bills, in turn, and all are removed', async () => {
  const server = await startTestServer()
  const client = new pg.Client(server.url)
  await client.connect()
  await fillWithBills([client], BENCH, 4)
  await addEvents(server.url, 10)
  const { rows } = await server.database.run(sql`SELECT count(*), count(DISTINCT "resource_id"),
    count(*) FILTER (WHERE "document" ->> 'id' = "resource_id"), count(DISTINCT "position") FROM "event"`)
  expect(rows).toEqual([['10', '4', '10', '10']])
  await clearEvents(client)
  expect(await countEvents(server.url)).toBe(0)
  await client.end()
  await server.close()
})

test('the receiver counts each event once at each path, and leaves some unanswered', async () => {
  const receiver = await startReceiver()
  const post = (url: string, id: string, body = '{}') =>
    fetch(url, { method: 'POST', headers: { 'webhook-id': id }, body, signal: AbortSignal.timeout(5_000) })
  const eventTime = '2026-01-01T00:00:00.000Z'
  const statuses = []
  for (const [path, id] of [
    ['/1', 'A'] as const,
    ['/1', 'A'] as const,
    ['/2', 'A'] as const,
    ['/refuse', 'A'] as const
  ])
    statuses.push((await post(receiver.origin + path, id, JSON.stringify({ eventTime }))).status)
  expect(statuses).toEqual([204, 204, 204, 503])
  const stop = new AbortController()
  const waiting = fetch(receiver.silentOrigin, { method: 'POST', body: '{}', signal: stop.signal }).catch(() => 'none')
  await until('the request arrives', async () => (await receiver.seen()).unanswered > 0)
  stop.abort()
  expect(await waiting).toBe('none')
  const { taken, p50Ms, unanswered } = await receive(receiver, 2)
  expect({ taken, unanswered }).toEqual({ taken: 2, unanswered: 1 })
  expect(p50Ms).toBeGreaterThan(DAY_MS)
  await receiver.forget()
  expect(await receiver.seen()).toMatchObject({ taken: 0, unanswered: 0 })
  receiver.stop()
})
