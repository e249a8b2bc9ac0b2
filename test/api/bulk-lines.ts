import { sql } from '../../src/db/sql.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { BASE, type TestServer } from '../support/server.ts'

export const LINES = { 'content-type': 'application/x-ndjson' }
export const RATE = { billingAccount: { id: 'A1' }, name: 'Fibre' }

/** A text, or documents as lines; a query and headers. */
export type Sent = readonly [sent: string | readonly unknown[], query?: string, headers?: Record<string, string>]

export interface LinesReply {
  readonly status: number
  readonly results: Answer
  readonly type: unknown
}

/** Posts rates as lines, by default for the tenant `demo`. */
export async function postLines(server: TestServer, ...[sent, query = '', headers = {}]: Sent): Promise<LinesReply> {
  const payload = typeof sent === 'string' ? sent : sent.map((line) => `${JSON.stringify(line)}\n`).join('')
  const response = await server.app.inject({
    method: 'POST',
    url: `${BASE}/appliedCustomerBillingRate${query}`,
    headers: { ...LINES, token: 'demo-api-key', ...headers },
    payload
  })
  const lines = response.body.split('\n').filter((line) => line !== '')
  const results = parsed(`[${lines.join()}]`)
  return { status: response.statusCode, results, type: response.headers['content-type'] }
}

export async function countRows({ database }: TestServer): Promise<number> {
  const { rows } = await database.run(sql`SELECT count(*) FROM "applied_customer_billing_rate"`)
  return Number(rows[0]?.[0])
}
