import fc from 'fast-check'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KEYS, TENANT } from '../support/database.ts'
import { post } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { ITEMS, ofItem, PATHS, randomRequest } from './random-requests.ts'

const REQUESTS = 50_000
const BATCH = 50
const SEED = 678
const FEW = 20

let server: TestServer
/** Stands for a resource that exists when the request is sent. */
const ITEM = /^\/item\/(\d+)/
/** Paths of existing resources; one that is deleted gets another in its place. */
const items: string[] = []
const added = async (path: string) => `${BASE}/${path}/${(await post(server, path)).id}`
beforeAll(async () => {
  server = await startTestServer()
  for (const path of PATHS) for (let at = 0; at < ITEMS; at++) items.push(await added(path))
})
afterAll(() => server.close())

test(`${REQUESTS} random requests meet no 5xx but 501 for a filter, and every refusal is a TMF Error`, async () => {
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomRequest(), { minLength: BATCH, maxLength: BATCH, size: 'max' }),
      async (requests) => {
        for (const one of requests) {
          const { reply, url, isOfItem } = await send(one)
          seen.set(reply.statusCode, (seen.get(reply.statusCode) ?? 0) + 1)
          const fault = faultOf(one, reply, url, isOfItem)
          if (fault === undefined) continue
          const { method, headers, payload } = one
          expect.fail(`${fault}: ${method} ${url} ${JSON.stringify(headers)} ${String(payload).slice(0, 500)}`)
        }
      }
    ),
    { numRuns: REQUESTS / BATCH, seed: SEED, endOnFailure: true }
  )
  // The requests were not all refused for a few trivial reasons.
  for (const status of [200, 201, 204, 206, 304, 400, 404, 405, 409, 412, 415, 422, 501])
    expect(seen.get(status) ?? 0, String(status)).toBeGreaterThan(FEW)
})

/** Compares by hand: a matcher takes longer than the request. */
function faultOf({ method }: InjectOptions, reply: LightMyRequestResponse, url: string, isOfItem: boolean) {
  const { statusCode } = reply
  if (statusCode >= 500 && statusCode !== 501) return `status ${statusCode}`
  if (isOfItem && statusCode === 404) return 'not found'
  if (statusCode === 501 && !/filter=|fields=/.test(url)) return 'not supported'
  if (statusCode < 400 || method === 'HEAD') return undefined
  const { status, code } = reply.json()
  return status === String(statusCode) && typeof code === 'string' ? undefined : `no TMF Error: ${reply.body}`
}

/** Sends a request. A resource that it deletes gets another in its place, so that the next one meets one, too. */
async function send(one: InjectOptions) {
  const at = ITEM.exec(String(one.url))?.[1]
  const url = String(one.url).replace(ITEM, String(items[Number(at)]))
  const reply = await server.app.inject({ ...one, url, headers: { ...one.headers, token: KEYS[TENANT] } })
  const isGone = at !== undefined && one.method === 'DELETE' && reply.statusCode === 204
  if (isGone) items[Number(at)] = await added(ofItem(Number(at)))
  return { reply, url, isOfItem: at !== undefined }
}
