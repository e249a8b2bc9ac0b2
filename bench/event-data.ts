import { newId } from '../src/base/ulid.ts'
import { openDatabase } from '../src/db/database.ts'
import { scalars, text } from '../src/db/row.ts'
import { sql } from '../src/db/sql.ts'
import { customerBill } from '../src/resources/customer-bill.ts'
import { recordEvents } from '../src/tmf/event.ts'
import { AFTER_FILLED_IDS } from './bills.ts'
import { TENANT, withClient } from './database.ts'
import type { Target } from './target.ts'

const HUB = '/customerBillManagement/v4/hub'
const BATCH = 5_000
const SETTINGS = { poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 60_000, applicationName: 'tmf678 bench' }

/** Records state changes of as many bills, one after the other, as a bill run records its events: set by set. */
export async function addEvents(databaseUrl: string, count: number): Promise<void> {
  const database = openDatabase({ ...SETTINGS, url: databaseUrl }, () => undefined)
  const context = { author: { tenantId: TENANT }, newId }
  try {
    let [left, after] = [count, '']
    while (left > 0) {
      const found = await database.run(sql`SELECT "id" FROM "customer_bill" WHERE "tenant_id" = ${TENANT}
        AND "id" > ${after} AND "id" < ${AFTER_FILLED_IDS} ORDER BY "id" LIMIT ${Math.min(BATCH, left)}`)
      const ids = scalars(found, text)
      await database.transaction((tx) => recordEvents(tx, context, customerBill, 'stateChanged', ids, database.clock()))
      left -= ids.length
      // After the last bill comes the first.
      after = ids.at(-1) ?? ''
    }
  } finally {
    await database.close()
  }
}

export interface Listener {
  readonly id: string
  readonly state: string
}

/** Subscribes a callback to all events. */
export function subscribe(target: Target, callback: string, more: Readonly<Record<string, string>> = {}) {
  return ask(target, 'POST', '', { callback, ...more })
}

export function readListener(target: Target, id: string): Promise<Listener> {
  return ask(target, 'GET', `/${id}`)
}

export async function resume(target: Target, id: string): Promise<void> {
  await ask(target, 'PATCH', `/${id}`, { state: 'active' })
}

export async function unsubscribe({ origin, headers }: Target, id: string): Promise<void> {
  const response = await fetch(`${origin}${HUB}/${id}`, { method: 'DELETE', headers })
  if (!response.ok) throw new Error(`DELETE of a listener was answered with ${response.status}`)
}

async function ask({ origin, headers }: Target, method: string, path: string, body?: object): Promise<Listener> {
  const sent = { ...headers, ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(`${origin}${HUB}${path}`, {
    method,
    headers: sent,
    ...(body && { body: JSON.stringify(body) })
  })
  if (!response.ok) {
    throw new Error(`${method} of a listener was answered with ${response.status}: ${await response.text()}`)
  }
  return (await response.json()) as Listener
}

export async function countEvents(databaseUrl: string): Promise<number> {
  const count = 'SELECT count(*)::int AS events FROM event'
  const { rows } = await withClient(databaseUrl, (client) => client.query<{ events: number }>(count))
  return Number(rows[0]?.events)
}
