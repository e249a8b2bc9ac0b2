import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Contract, watch } from './contract.ts'

const BILLING = '/billing/v1'
const UNKNOWN_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

let server: TestServer
let contract: Contract
beforeAll(async () => {
  server = await startTestServer()
  await fillWithDemoData(server.database)
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
})
