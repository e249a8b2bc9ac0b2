import { once } from 'node:events'
import { type ClientRequest, request as send } from 'node:http'
import { createInterface } from 'node:readline'
import { setInterval as every } from 'node:timers/promises'
import { TENANT, withClient } from './database.ts'
import { median } from './measure.ts'
import type { Target } from './target.ts'

/** Rates of a counted request, and of the warm-up. */
const RATES = 100_000
const WARM_UP = 40_000
const ROUNDS = 3
/** Rates per write, as a mediation system sends them from a file. */
const CHUNK = 500
const ACCOUNTS = 50_000
const SAMPLE_MS = 500
const CUSTOMER_ID = 'RATED'
const CUSTOMER = `INSERT INTO customer (tenant_id, id, internal_id, last_update, name)
  VALUES ($1, '${CUSTOMER_ID}', '${CUSTOMER_ID}', '2026-01-01', 'Rated') ON CONFLICT DO NOTHING`
const HOLDERS = `INSERT INTO billing_account (tenant_id, id, internal_id, last_update, customer_id, name, status,
    billing_type, invoice_currency, net_term_days)
  SELECT $1, 'ACC-' || lpad(i::text, 8, '0'), 'RATED-' || i, '2026-01-01', '${CUSTOMER_ID}', 'Account ' || i, 'ACTIVE',
    'postpaid', 'EUR', 14
  FROM generate_series(0, $2::int - 1) i ON CONFLICT DO NOTHING`
const PATH = '/customerBillManagement/v4/appliedCustomerBillingRate'

/** Rates posted as lines on one connection. */
export interface RateResult {
  /** The median of the rounds. */
  readonly perSecond: number
  /** Peak resident memory of the server, in bytes. */
  readonly memory: number
}

/** Measures the rates per second of one connection. Throws if one is not created. */
export async function measureRates(target: Target, databaseUrl: string): Promise<RateResult> {
  console.log(`posting ${ROUNDS} times ${RATES} rates on one connection`)
  const run = `${process.hrtime.bigint()}`
  let memory = 0
  const sampling = new AbortController()
  const sampled = sample(sampling.signal, () => {
    memory = Math.max(memory, target.memory())
  })
  await withClient(databaseUrl, async (client) => {
    await client.query(CUSTOMER, [TENANT])
    await client.query(HOLDERS, [TENANT, ACCOUNTS])
  })
  try {
    await post(target, `${run}-warm`, WARM_UP)
    const rounds: number[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await post(target, `${run}-${round}`, RATES))
    return { perSecond: median(rounds), memory }
  } finally {
    sampling.abort()
    await sampled
    await withClient(databaseUrl, async (client) => {
      await client.query('DELETE FROM applied_customer_billing_rate WHERE tenant_id = $1 AND external_id LIKE $2', [
        TENANT,
        `${run}-%`
      ])
      await client.query('DELETE FROM billing_account WHERE tenant_id = $1 AND customer_id = $2', [TENANT, CUSTOMER_ID])
      await client.query('DELETE FROM customer WHERE tenant_id = $1 AND id = $2', [TENANT, CUSTOMER_ID])
      await client.query('VACUUM (ANALYZE) applied_customer_billing_rate, billing_account')
    })
  }
}

async function sample(signal: AbortSignal, look: () => void): Promise<void> {
  try {
    for await (const _ of every(SAMPLE_MS, undefined, { signal })) look()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Posts rates in one request. Returns the rates stored per second. */
async function post({ origin, headers }: Target, run: string, count: number): Promise<number> {
  const sent = { ...headers, 'content-type': 'application/x-ndjson' }
  const started = performance.now()
  const request = send(`${origin}${PATH}`, { method: 'POST', headers: sent })
  const answered = once(request, 'response')
  const writing = write(request, run, count)
  const [response] = await answered
  let created = 0
  for await (const line of createInterface({ input: response })) {
    if (!line.endsWith('"created"}')) throw new Error(`a rate was answered with ${line}`)
    created++
  }
  await writing
  if (created !== count) throw new Error(`of ${count} rates ${created} were answered`)
  return (count * 1000) / (performance.now() - started)
}

async function write(request: ClientRequest, run: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += CHUNK) {
    const rates = Array.from({ length: Math.min(CHUNK, count - at) }, (_, index) => rate(run, at + index))
    if (!request.write(rates.join(''))) await once(request, 'drain')
  }
  request.end()
}

/** A call, as a rating engine sends it. */
function rate(run: string, at: number): string {
  const seconds = 1 + (at % 3_600)
  return `${JSON.stringify({
    externalId: `${run}-${at}`,
    date: '2026-10-17T09:31:07.000Z',
    name: 'National call',
    description: `To +49 30 5550${at % 1_000}, ${seconds} s`,
    type: 'usageCharge',
    isBilled: false,
    billingAccount: { id: `ACC-${String((at * 7_919) % ACCOUNTS).padStart(8, '0')}` },
    product: { id: `VOICE-${at % 40}`, name: 'Voice' },
    periodCoverage: { startDateTime: '2026-10-17T09:30:00.000Z', endDateTime: '2026-10-17T09:31:07.000Z' },
    characteristic: [{ name: 'seconds', valueType: 'number', value: seconds }],
    appliedTax: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit: 'EUR', value: (seconds * 19) / 80_000 } }],
    taxExcludedAmount: { unit: 'EUR', value: seconds / 800 }
  })}\n`
}
