import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO, fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { sql } from '../../src/db/sql.ts'
import { addApiKey } from '../support/database.ts'
import { expectExplained } from '../support/explained.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Contract, watch } from './contract.ts'

const BILLING = '/billing/v1'
const UNKNOWN_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

let server: TestServer
let contract: Contract
beforeAll(async () => {
  server = await startTestServer()
  await fillWithDemoData(server.database)
  await fillDemoCredentials(server.database)
  await addApiKey(server.database, { tenantId: 'demo', key: 'no-scope', scopes: ['partner'] })
  contract = watch(server)
})
afterAll(() => server.close())

async function expectStatus(status: number, ...request: Parameters<Contract['call']>) {
  const answer = await contract.call(...request)
  expect([request[0], request[1], answer.status, answer.text]).toEqual([request[0], request[1], status, answer.text])
  return answer
}

const exampleOf = (path: string) => {
  const operation = contract.document.paths[path]?.post as unknown as { readonly requestBody: Body } | undefined
  return operation?.requestBody.content['application/json'].example
}

interface Body {
  readonly content: { readonly 'application/json': { readonly example: unknown } }
}

describe('every answer is as the document says', () => {
  test('runs', async () => {
    const runs = `${BILLING}/billRun`
    const { body } = await expectStatus(202, 'POST', runs, exampleOf(runs))
    const real = { ...Object(exampleOf(runs)), dryRun: false }
    await expectStatus(202, 'POST', runs, real)
    await expectStatus(409, 'POST', runs, real)
    await expectStatus(400, 'POST', runs, {})
    await expectStatus(415, 'POST', runs, 'text', { 'content-type': 'text/plain' })
    await expectStatus(200, 'GET', runs)
    await expectStatus(206, 'GET', `${runs}?limit=0&state=queued`)
    await expectStatus(400, 'GET', `${runs}?state=lost`)
    const run = `${runs}/${body.id}`
    await expectStatus(200, 'GET', run)
    await expectStatus(404, 'GET', `${runs}/${UNKNOWN_ID}`)
    for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
      await expectStatus(200, 'GET', `${run}/bills`, undefined, { accept })
    }
    await expectStatus(406, 'GET', `${run}/bills`, undefined, { accept: 'image/png' })
    await expectStatus(409, 'POST', `${run}/release`, { state: 'sent' })
    await expectStatus(409, 'POST', `${run}/discard`, {})
    await expectStatus(202, 'POST', `${run}/cancel`)
    await expectStatus(202, 'POST', `${run}/resume`)
    await expectStatus(409, 'POST', `${run}/retry`)
    expect(contract.breaches()).toEqual([])
  })

  test('previews', async () => {
    const preview = `${BILLING}/preview`
    await expectStatus(200, 'POST', preview, exampleOf(preview))
    await expectStatus(400, 'POST', preview, { billingAccount: { id: 'nobody' } })
    await expectStatus(400, 'POST', preview)
    expect(contract.breaches()).toEqual([])
  })

  test('explanations and summaries of bills', async () => {
    const { rows } = await server.database.run(sql`SELECT "bill_id" FROM "applied_customer_billing_rate"
      WHERE "tenant_id" = 'demo' AND "bill_id" IS NOT NULL ORDER BY "bill_id" DESC LIMIT 1`)
    const bill = `customerBill/${rows[0]?.[0]}`
    for (const path of [`${bill}/explanation`, `${bill}/summary`]) {
      await expectStatus(400, 'GET', `${path}?other`)
      await expectStatus(404, 'GET', path.replace(bill, `customerBill/${UNKNOWN_ID}`))
      await expectStatus(405, 'POST', path)
      await expectStatus(401, 'GET', path, undefined, { token: 'unknown' })
      await expectStatus(403, 'GET', path, undefined, { token: 'no-scope' })
      await expectStatus(414, 'GET', path.replace(bill, `customerBill/${'x'.repeat(1_001)}`))
    }
    const { explained, compared } = await expectExplained({ database: server.database, call: contract.call })
    expect([explained > 200, compared > 150]).toEqual([true, true])
    expect(contract.breaches()).toEqual([])
  })

  test('the books', async () => {
    const days = 'from=2025-01-01&to=2026-12-31'
    for (const name of [`ledgerExport?${days}`, 'trialBalance?asOf=2026-01-31', 'accountBalances?']) {
      const path = `${BILLING}/${name}`
      await expectStatus(200, 'GET', path)
      await expectStatus(200, 'GET', path, undefined, { accept: 'text/csv' })
      await expectStatus(406, 'GET', path, undefined, { accept: 'image/png' })
      await expectStatus(400, 'GET', `${path}&after=nothing.1`)
      await expectStatus(405, 'POST', path)
    }
    expect(contract.breaches()).toEqual([])
  })

  test('open and overdue amounts', async () => {
    const [report, overdue] = [`${BILLING}/agingReport`, `${BILLING}/overdueAccounts`]
    await expectStatus(200, 'GET', `${report}?asOf=2026-01-31`)
    await expectStatus(200, 'GET', report, undefined, { accept: 'text/csv' })
    await expectStatus(406, 'GET', report, undefined, { accept: 'image/png' })
    await expectStatus(400, 'GET', `${report}?asOf=today`)
    await expectStatus(200, 'GET', overdue)
    await expectStatus(206, 'GET', `${overdue}?limit=1&minDays=1&minAmount=0.01&currency=EUR`)
    await expectStatus(400, 'GET', `${overdue}?minDays=never`)
    for (const path of [report, overdue]) await expectStatus(405, 'POST', path)
    expect(contract.breaches()).toEqual([])
  })

  test('payments', async () => {
    const payments = `${BILLING}/payment`
    const { body, headers } = await expectStatus(201, 'POST', payments, exampleOf(payments))
    await expectStatus(200, 'POST', payments, exampleOf(payments))
    await expectStatus(409, 'POST', payments, { ...Object(exampleOf(payments)), method: 'cash' })
    await expectStatus(400, 'POST', payments, {})
    await expectStatus(200, 'GET', payments)
    await expectStatus(206, 'GET', `${payments}?limit=0&billingAccount.id=BA-100031`)
    await expectStatus(400, 'GET', `${payments}?sort=id`)
    const payment = `${payments}/${body.id}`
    await expectStatus(200, 'GET', payment)
    await expectStatus(304, 'GET', payment, undefined, { 'if-none-match': String(headers.etag) })
    await expectStatus(404, 'GET', `${payments}/${UNKNOWN_ID}`)
    await expectStatus(200, 'POST', `${payment}/reverse`)
    await expectStatus(409, 'POST', `${payment}/reverse`)
    expect(contract.breaches()).toEqual([])
  })

  test('uploads', async () => {
    const results = { prefer: 'return=representation' }
    const [row] = exampleOf('/bills') as readonly object[]
    await expectStatus(200, 'POST', '/bills', [row])
    await expectStatus(200, 'POST', '/bills', [row, { ...row, amount: 1 }, {}], results)
    await expectStatus(400, 'POST', '/bills', [{}])
    await expectStatus(400, 'POST', '/bills', {})
    await expectStatus(401, 'POST', '/bills', [row], { token: 'unknown' })
    await expectStatus(409, 'POST', '/bills', [{ ...row, amount: 1 }])
    await expectStatus(
      413,
      'POST',
      '/bills',
      Array.from({ length: 10_001 }, () => row)
    )
    await expectStatus(415, 'POST', '/bills', 'text', { 'content-type': 'text/plain' })
    await expectStatus(422, 'POST', '/bills', [{}], { prefer: `${results.prefer}, handling=strict` })
    expect(contract.breaches()).toEqual([])
  })

  test('health', async () => {
    await expectStatus(200, 'GET', '/health/live')
    await expectStatus(200, 'GET', '/health/ready')
    await expectStatus(405, 'POST', '/health/ready')
    expect(contract.breaches()).toEqual([])
  })

  test('tenants', async () => {
    const tenants = '/admin/v1/tenant'
    await expectStatus(200, 'GET', tenants)
    await expectStatus(206, 'GET', `${tenants}?limit=0`)
    await expectStatus(400, 'GET', `${tenants}?sort=id`)
    await expectStatus(200, 'GET', `${tenants}/demo`)
    await expectStatus(404, 'GET', `${tenants}/other`)
    await expectStatus(200, 'PATCH', `${tenants}/demo`, { branding: { colour: '#0b6b5d' }, itemisation: { lines: 9 } })
    await expectStatus(400, 'PATCH', `${tenants}/demo`, {})
    await expectStatus(403, 'POST', tenants, { id: 'acme', name: 'Acme' })
    await server.database.run(sql`UPDATE "tenant" SET "is_operator" = true WHERE "id" = 'demo'`)
    await expectStatus(201, 'POST', tenants, { id: 'acme', name: 'Acme' })
    await expectStatus(409, 'POST', tenants, { id: 'acme', name: 'Acme' })
    await expectStatus(415, 'POST', tenants, 'text', { 'content-type': 'text/plain' })
    expect(contract.breaches()).toEqual([])
  })

  test.each(['apiKey', 'client', 'user'])('a new secret of one %s', async (path) => {
    const collection = `/admin/v1/${path}`
    const { body } = await expectStatus(201, 'POST', collection, exampleOf(collection))
    const verb = path === 'user' ? 'password' : 'rotate'
    const place = `${collection}/${body.id}/${verb}`
    await expectStatus(412, 'POST', place, undefined, { 'if-match': '"99"' })
    await expectStatus(path === 'apiKey' ? 201 : 200, 'POST', place)
    await expectStatus(400, 'POST', place, { other: true })
    await expectStatus(404, 'POST', `${collection}/${UNKNOWN_ID}/${verb}`)
    expect(contract.breaches()).toEqual([])
  })

  test('tokens', async () => {
    const demo = { client_id: 'demo', client_secret: DEMO.clientSecret }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const send = (status: number, path: string, fields: Record<string, string>) =>
      expectStatus(status, 'POST', path, String(new URLSearchParams(fields)), form)
    const granted = {
      ...demo,
      grant_type: 'password',
      username: DEMO.username,
      password: encodePassword(DEMO.password)
    }
    const { body } = await send(200, '/oauth/token', granted)
    await send(200, '/oauth/introspect', { ...demo, token: body.access_token })
    await send(200, '/oauth/introspect', { ...demo, token: body.refresh_token })
    await send(200, '/oauth/revoke', { ...demo, token: body.access_token })
    await send(200, '/oauth/introspect', { ...demo, token: body.access_token })
    for (const path of ['token', 'introspect', 'revoke'].map((name) => `/oauth/${name}`)) {
      await send(400, path, { ...demo })
      await send(401, path, { ...granted, token: 'unknown', client_secret: 'wrong' })
      await send(413, path, { ...demo, token: 'x'.repeat(20_000) })
      await expectStatus(415, 'POST', path, {})
      await expectStatus(405, 'GET', path)
    }
    await expectStatus(200, 'GET', '/.well-known/jwks.json')
    await expectStatus(200, 'GET', '/.well-known/oauth-authorization-server')
    expect(contract.breaches()).toEqual([])
  })

  test('signing in', async () => {
    const redirectUri = 'https://portal.example/callback'
    await expectStatus(201, 'POST', '/admin/v1/client', {
      clientId: 'portal',
      grantTypes: ['authorization_code'],
      scope: ['bill:read'],
      redirectUris: [redirectUri],
      isPublic: true,
      passwordEncoding: 'plain'
    })
    const query = String(
      new URLSearchParams({
        ...{ client_id: 'portal', redirect_uri: redirectUri, response_type: 'code' },
        ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }
      })
    )
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const place = '/oauth/authorize'
    await expectStatus(200, 'GET', `${place}?${query}`)
    await expectStatus(303, 'GET', `${place}?${query}&scope=nothing`)
    await expectStatus(400, 'GET', `${place}?client_id=nobody`)
    await expectStatus(303, 'POST', place, `${query}&username=${DEMO.username}&password=${DEMO.password}`, form)
    await expectStatus(400, 'POST', place, query, form)
    await expectStatus(403, 'POST', place, `${query}&username=${DEMO.username}&password=wrong`, form)
    await expectStatus(413, 'POST', place, `state=${'x'.repeat(40_000)}`, form)
    await expectStatus(415, 'POST', place, {})
    expect(contract.breaches()).toEqual([])
  })
})
