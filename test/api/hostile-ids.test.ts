import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathTo, routesOf } from '../access/route-list.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const NOBODY = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
/** As they stand in a path. */
const HOSTILE = [
  '%00',
  `${NOBODY}%00`,
  '%C3%A9%E2%80%AE',
  '%F0%9F%92%A9',
  '%EF%BF%BE%EF%BB%BF',
  '%zz',
  '%C3',
  "'%20OR%201=1--",
  '%22%5C%24%7B1%7D',
  '%0D%0AX:%20y',
  '..%2F..%2Fetc',
  '%2e%2e',
  '-1',
  '9'.repeat(400),
  '__proto__',
  NOBODY
]
/** Bodies that pass the checks of every kind of handler. */
const BODIES = [
  '{}',
  '{"state":"sent"}',
  '{"name":"x"}',
  '[{"op":"replace","path":"/name/x","value":1}]',
  '[{"op":"test","path":"/a/b/c","value":1}]'
]

let server: TestServer
beforeAll(async () => {
  // Only refusals matter here: a slow machine must not shed load.
  server = await startTestServer({ MAX_EVENT_LOOP_DELAY_MS: '0' })
})
afterAll(() => server.close())

test('no route fails over an id, however it looks', async () => {
  const routes = routesOf(server.app).filter(({ url }) => /[:*]/.test(url))
  expect(routes.length).toBeGreaterThan(60)
  const wrong: string[] = []
  for (const { method, url } of routes) {
    for (const id of HOSTILE) {
      const path = pathTo({ url: url.replace('*', id) }, id)
      for (const status of await statuses(method, path)) {
        if (status >= 500 || (id.includes('%00') && status < 400)) wrong.push(`${status} ${method} ${path}`)
      }
    }
  }
  expect(wrong).toEqual([])
})

async function statuses(method: string, path: string): Promise<readonly number[]> {
  const bodies = ['POST', 'PATCH', 'PUT'].includes(method) ? BODIES : [undefined]
  const replies = bodies.map((body) => {
    const isPatch = method === 'PATCH' && body?.startsWith('[')
    const headers: Record<string, string> = isPatch ? { 'content-type': 'application/json-patch+json' } : {}
    return server.call(method as 'GET', path, body, headers)
  })
  return (await Promise.all(replies)).map(({ status }) => status)
}
