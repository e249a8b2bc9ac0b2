import { expect } from 'vitest'
import type { TestServer } from './server.ts'

/** Posts the cycle of a month of 2026, counted from 1 and billed at its end. Returns its id. */
export async function addCycle({ call }: Pick<TestServer, 'call'>, month: number, more: object = {}): Promise<string> {
  const [startDateTime, endDateTime] = [month - 1, month].map((at) => new Date(Date.UTC(2026, at, 1)).toISOString())
  const dates = { billingDate: endDateTime, validFor: { startDateTime, endDateTime } }
  const { status, body } = await call('POST', 'billCycle', { name: `Month ${month}`, ...dates, ...more })
  expect(status).toBe(201)
  return body.id
}
