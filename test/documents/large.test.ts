import { createHash } from 'node:crypto'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEYS, TENANT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { longestTurnMs, TURN_MAX_MS } from '../support/turns.ts'
import { addLargeBill, addRates } from './large-bill.ts'

/** More than documents list, and than is held in memory. */
const MANY = 60_000
/** Few enough to be listed. */
const ITEMISED = 5_000

let server: TestServer
const places = new Map<number, string>()
beforeAll(async () => {
  server = await startTestServer()
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const post = async (path: string, body: object) => (await server.call('POST', path, body)).body
  for (const lines of [MANY, ITEMISED]) places.set(lines, await addLargeBill(server.database, lines, post))
})
afterAll(() => server.close())

interface Download {
  readonly status: number
  readonly tag: string | undefined
  readonly bytes: number
  readonly lineCount: number
  readonly digest: string
}

/** Reads a document from the network and keeps none of it. */
function download(lines: number, accept: string): Promise<Download> {
  const { port } = server.app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const headers = { token: KEYS[TENANT], accept }
    request({ port, host: '127.0.0.1', path: places.get(lines), headers }, (response) => {
      const hash = createHash('sha256')
      let [bytes, lineCount] = [0, 0]
      response.on('error', reject).on('data', (chunk: Buffer) => {
        hash.update(chunk)
        bytes += chunk.length
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lineCount += 1
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          tag: response.headers.etag,
          bytes,
          lineCount,
          digest: hash.digest('base64url')
        })
      )
    })
      .on('error', reject)
      .end()
  })
}

describe.each([MANY, ITEMISED])('a bill of %i lines', (lines) => {
  test.each(['text/csv', 'text/html', 'application/pdf'])('holds nobody up as %s', async (accept) => {
    let all: readonly Download[] = []
    const longest = await longestTurnMs(async () => {
      all = await Promise.all([download(lines, accept), download(lines, accept)])
    })
    expect(all.map(({ status }) => status)).toEqual([200, 200])
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1)
    expect(longest).toBeLessThan(TURN_MAX_MS)
  })
})

test('a table has all lines, and is sent as it is made when it is large', async () => {
  const [large, small] = [await download(MANY, 'text/csv'), await download(ITEMISED, 'text/csv')]
  expect([large.lineCount, small.lineCount]).toEqual([MANY + 1, ITEMISED + 1])
  expect([large.tag, small.tag]).toEqual([undefined, `"${small.digest}"`])
})

test('a preview of many rates holds nobody up, and one of too many is refused', async () => {
  const wanted = { billingAccount: { id: 'A-PREVIEW' } }
  await server.call('POST', 'customers', { id: 'C-1', name: 'Ada' })
  await server.call('POST', 'accounts', { id: 'A-PREVIEW', name: 'Ada', customerId: 'C-1' })
  await addRates(server.database, MANY, 'A-PREVIEW')
  let answers: readonly { status: number; body: { lineCount: number; lines: readonly object[] } }[] = []
  const longest = await longestTurnMs(async () => {
    answers = await Promise.all([1, 2].map(() => server.call('POST', '/billing/v1/preview', wanted)))
  })
  expect(answers.map(({ status, body }) => [status, body.lineCount, body.lines.length])).toEqual([
    [200, MANY, 10_000],
    [200, MANY, 10_000]
  ])
  expect(longest).toBeLessThan(TURN_MAX_MS)
  await addRates(server.database, MANY, 'A-PREVIEW', undefined, MANY)
  const refused = await server.call('POST', '/billing/v1/preview', wanted)
  expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining('too many for a preview')])
})
