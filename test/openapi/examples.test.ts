import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { newId } from '../../src/base/ulid.ts'
import { type BillingJobs, startBillingJobs } from '../../src/billing/jobs.ts'
import { sql } from '../../src/db/sql.ts'
import { addBill, bringUnmatched, pay } from '../billing/ledger-world.ts'
import { untilEnded } from '../billing/world.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { operationsOf, readDocument } from './document.ts'

const METHODS: Readonly<Record<string, 'POST' | 'PUT'>> = { post: 'POST', put: 'PUT' }

interface Content {
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

/** Bodies without an example, with the reason. */
const WITHOUT = new Map([
  ['POST /partner/v1/capture', 'it ends a hold, of which the demo data has none'],
  ['POST /partner/v1/release', 'it ends a hold, of which the demo data has none'],
  ['POST /partner/v1/customer/confirmEmail', 'it takes the code of a mail'],
  ['POST /oauth/authorize', 'a page sends it, about an application that the demo data does not have']
])

const bodies = operationsOf(readDocument()).flatMap(({ path, method, operation, isOfApi }) =>
  Object.entries(operation.requestBody?.content ?? {}).map(([type, content]) => ({
    name: `${method.toUpperCase()} ${path}`,
    url: isOfApi ? path.slice(1) : path,
    ...{ method, path, type, operation },
    sent: examplesIn(content)
  }))
)

function examplesIn({ example, examples = {} }: Content): readonly unknown[] {
  return example === undefined ? Object.values(examples).map(({ value }) => value) : [example]
}

let server: TestServer
let work: BillingJobs
const REGISTRATION = '/partner/v1/customer'
/** Ids of what the examples created, by the path of the collection. */
const ids = new Map<string, string>()

beforeAll(async () => {
  server = await startTestServer()
  const { database, url } = server
  await fillWithDemoData(database)
  await fillDemoCredentials(database)
  await database.run(sql`UPDATE "tenant" SET "is_operator" = true WHERE "id" = 'demo'`)
  const context = { database, clock: database.clock, newId, chunkAccounts: 100 }
  work = await startBillingJobs(url, context, pino({ level: 'silent' }))
  const run = bodies.find(({ name }) => name === 'POST /billing/v1/billRun')?.sent[0]
  const { body } = await server.call('POST', '/billing/v1/billRun', { ...Object(run), dryRun: false })
  expect(await untilEnded(server, body.id)).toMatchObject({ state: 'done' })
  const issued = await addBill(server, 'BA-100017', { state: 'sent', rates: { usageCharge: '100' } })
  expect(issued).not.toBe('')
  ids.set('issued bill', issued)
  ids.set('wrong bill', await addBill(server, 'BA-100017', { state: 'sent', rates: { usageCharge: '5' } }))
  ids.set('disputed bill', await addBill(server, 'BA-100017', { state: 'sent', rates: { usageCharge: '50' } }))
  await pay(server, 'BA-100031', 5_000)
  await addFunds()
  ids.set('/billing/v1/correctionApproval', await askForApproval())
  const lost = await bringUnmatched(server)
  ids.set('/billing/v1/unmatchedPayment', lost)
  ids.set('/billing/v1/billRun', body.id).set('/admin/v1/tenant', 'demo')
})
afterAll(async () => {
  await work.stop()
  await server.close()
})

/** Gives the partner of the examples a balance account, and money. */
async function addFunds(): Promise<void> {
  const { body: customer } = await server.call('POST', 'customers', { name: 'Küstenfunk Vertrieb' })
  const account = { name: customer.name, customerId: customer.id, invoiceCurrency: 'EUR' }
  const { body: own } = await server.call('POST', 'accounts', { id: 'FUNDS-1', ...account })
  const [partner] = (await server.call('GET', '/admin/v1/partner?accountNumber=PARTNER-1')).body
  await server.call('PATCH', `/admin/v1/partner/${partner.id}`, { billingAccount: { id: own.id } })
  expect((await pay(server, own.id, 100)).status).toBe(201)
}

/** Asks for a correction above a limit that is there for this only. */
async function askForApproval(): Promise<string> {
  const limits = (correctionApprovalLimits: object | null) =>
    server.call('PATCH', '/admin/v1/tenant/demo', { correctionApprovalLimits })
  await limits({ EUR: 1 })
  const charge = { billingAccount: { id: 'BA-100031' }, amount: { unit: 'EUR', value: 2 }, reason: 'other' }
  const { status, body } = await server.call('POST', '/billing/v1/adjustment', charge)
  await limits(null)
  expect(status).toBe(202)
  return body.id
}

test('every body has an example, but for those that say why', () => {
  const without = bodies.filter(({ sent }) => sent.length === 0)
  expect([...new Set(without.map(({ name }) => name))]).toEqual([...WITHOUT.keys()])
  expect(bodies.length).toBeGreaterThan(40)
})

const tried = bodies.flatMap(({ sent, ...body }) =>
  sent.map((example) => ({
    ...body,
    example: body.path === REGISTRATION ? { ...Object(example), ...someone() } : example
  }))
)

/** An address registers once, and the example is sent in each form. */
function someone() {
  return { email: `${newId()}@example.com` }
}

test.each(tried)('an example of $name, $type, succeeds on the demo data', async (body) => {
  const { name, method, path, type, operation } = body
  const url = body.url.replace('{id}', await idFor(path))
  const answer = await server.call(METHODS[method] ?? 'PATCH', url, written(body), {
    'content-type': headerOf(type)
  })
  expect([name, answer.status, answer.text]).toEqual([
    name,
    successOf(Object.keys(operation.responses), type),
    answer.text
  ])
  const known = answer.status === 201 && !path.includes('{id}') && !ids.has(path)
  if (known) ids.set(path, answer.body.id)
})

/** Returns the id of what the example of the collection created; creates a bill or a dispute for each call. */
async function idFor(path: string): Promise<string> {
  const [collection = '', item] = path.split('/{id}')
  if (item === undefined) return ''
  if (!ANEW.includes(collection)) return String(ids.get(collection))
  const sent = bodies.find(({ name }) => name === `POST ${collection}`)?.sent[0]
  const url = collection.startsWith('/billing') ? collection : collection.slice(1)
  return (await server.call('POST', url, { ...Object(sent), ...billOf(collection) })).body.id
}

const ANEW: readonly string[] = ['/customerBill', '/billing/v1/dispute']

/** The demo data has no run, and no bill of the engine: an example names those of this test. */
function written({ type, path, example: given }: (typeof tried)[number]): string {
  // One email registers once, by the first of the examples.
  const isAnother = path === '/partner/v1/customer' && type !== 'application/json'
  const example = isAnother ? { ...Object(given), email: `${newId()}@example.com` } : given
  if (typeof example === 'string') return example
  if (type === 'application/x-www-form-urlencoded') return String(new URLSearchParams(Object(example)))
  if (type === 'multipart/form-data') {
    const fields = Object.entries(Object(example)).map(([name, value]) => {
      const file = name === 'file' ? '; filename="rows.csv"' : ''
      return `--part\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`
    })
    return `${fields.join('')}--part--\r\n`
  }
  const run = 'billRun' in Object(example) && { billRun: { id: ids.get('/billing/v1/billRun') } }
  const bill = billOf(path)
  return `${JSON.stringify(run || bill ? { ...Object(example), ...run, ...bill } : example)}\n`
}

function billOf(path: string) {
  const billed = OF_BILLS[path]
  return billed && { bill: { id: ids.get(billed) } }
}

/** The bills that examples correct, by path. */
const OF_BILLS: Readonly<Record<string, string>> = {
  '/billing/v1/creditNote': 'issued bill',
  '/billing/v1/writeOff': 'issued bill',
  '/billing/v1/dispute': 'disputed bill',
  '/billing/v1/cancelAndRebill': 'wrong bill'
}

function headerOf(type: string): string {
  return type === 'multipart/form-data' ? `${type}; boundary=part` : type
}

/** Returns the documented status of success. Lines have one of their own; what could wait for an approval is made. */
function successOf(statuses: readonly string[], type: string): number {
  const successes = statuses.map(Number).filter((status) => status < 300)
  if (successes.includes(201) && successes.includes(202)) return 201
  return Math[type === 'application/x-ndjson' ? 'min' : 'max'](...successes)
}
