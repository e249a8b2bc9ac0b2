import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { KEYS, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { addLargeBill } from './large-bill.ts'

/** Enough for a PDF that takes longer than queueing. */
const LINES = 1_000

let server: TestServer
let place: string
beforeAll(async () => {
  server = await startTestServer()
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  place = await addLargeBill(server.database, LINES, async (path, body) => (await server.call('POST', path, body)).body)
})
afterAll(() => server.close())

test('a PDF that waits for its turn is not made when its client has gone away', async () => {
  const made = vi.spyOn(Worker.prototype, 'postMessage')
  const take = () => server.call('GET', place, undefined, { accept: 'application/pdf' })
  const first = take()
  await expect.poll(() => made.mock.calls.length).toBe(1)
  const { port } = server.app.server.address() as AddressInfo
  const headers = { token: KEYS[TENANT], accept: 'application/pdf' }
  const gone = request({ port, host: '127.0.0.1', path: place, headers }).on('error', () => undefined)
  gone.end()
  await once(server.app.server, 'request')
  gone.destroy()
  const last = take()
  expect([(await first).status, (await last).status]).toEqual([200, 200])
  expect(made).toHaveBeenCalledTimes(2)
})
