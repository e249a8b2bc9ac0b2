import { afterAll, beforeAll, expect, test } from 'vitest'
import { addApiKey, TENANT } from '../support/database.ts'
import { newCallback } from '../support/samples.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { watch } from './contract.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await addApiKey(server.database, { tenantId: TENANT, key: 'no-scope', scopes: ['partner'] })
})
afterAll(() => server.close())

test('a rotation of the secret of a listener is answered in every way that the document describes', async () => {
  const contract = watch(server)
  const { id } = (await contract.call('POST', 'hub', { callback: newCallback() })).body
  const place = `hub/${id}/rotate`
  const asked = [
    await contract.call('POST', place),
    await contract.call('POST', place, { overlapSeconds: 0.5 }),
    await contract.call('POST', place, {}, { authorization: '' }),
    await contract.call('POST', place, {}, { token: 'no-scope' }),
    await contract.call('POST', 'hub/01ARZ3NDEKTSV4RRFFQ69G5FAV/rotate'),
    await contract.call('GET', place),
    await contract.call('POST', place, {}, { 'if-match': '"99"' }),
    await contract.call('POST', place, `{"secret":"${'x'.repeat(1_048_577)}"}`),
    await contract.call('POST', `hub/${'x'.repeat(1_001)}/rotate`),
    await contract.call('POST', place, 'text', { 'content-type': 'text/plain' })
  ]
  const described = Object.keys(contract.document.paths['/hub/{id}/rotate']?.post?.responses ?? {})
  const statuses = asked.map(({ status }) => String(status))
  expect([...statuses, '429', '500', '503', 'default'].sort()).toEqual(described.sort())
  expect(contract.breaches()).toEqual([])
})
