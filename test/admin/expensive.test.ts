import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainLogoUri } from '../documents/logo.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ATTEMPTS_MAX = 5_000

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ EXPENSIVE_SECONDS_PER_MINUTE: '1' })
})
afterAll(() => server.close())

/** Sends a request until it is refused, whatever came before; answers the refusal and how many were let in. */
async function untilRefused(send: (attempt: number) => ReturnType<TestServer['call']>) {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { status, headers } = await send(attempt)
    if (status >= 300) return { status, retryAfter: Number(headers['retry-after']), attempt }
  }
  throw new Error('nothing was refused')
}

test('password hashes and logos have the budget of expensive work, and nothing else waits for it', async () => {
  const user = await server.call('POST', '/admin/v1/user', { username: 'first', scope: ['bill:read'] })
  expect(user.status).toBe(201)
  const users = await untilRefused((at) =>
    server.call('POST', '/admin/v1/user', { username: `user-${at}`, scope: ['bill:read'] })
  )
  expect(users).toMatchObject({ status: 429, retryAfter: expect.any(Number) })
  expect(users.attempt).toBeGreaterThan(0)
  const password = await untilRefused(() => server.call('POST', `/admin/v1/user/${user.body.id}/password`, {}))
  const logo = await untilRefused((at) =>
    server.call('PATCH', '/admin/v1/tenant/demo', { branding: { logo: plainLogoUri(1 + at, 1_000) } })
  )
  expect([password.status, logo.status]).toEqual([429, 429])
  expect((await server.call('GET', 'customerBill')).status).toBe(200)
  expect((await server.call('PATCH', '/admin/v1/tenant/demo', { name: 'Demo' })).status).toBe(200)
})
