import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { collectMethods, refuseOtherMethods, registerErrors } from '../../src/http/errors.ts'
import { registerRateLimit } from '../../src/http/rate-limit.ts'
import { testConfig } from '../support/config.ts'

let app: FastifyInstance | undefined
afterEach(async () => {
  vi.useRealTimers()
  await app?.close()
})

/** An app that trusts the header `x-principal`. */
async function limited(env: Record<string, string>): Promise<FastifyInstance> {
  app = Fastify()
  registerErrors(app)
  const methods = collectMethods(app)
  const principals = new WeakMap<object, string>()
  app.addHook('onRequest', async (request) => {
    const name = request.headers['x-principal']
    if (typeof name === 'string') principals.set(request, name)
  })
  await registerRateLimit(app, testConfig(env), (request) => principals.get(request))
  app.get('/bill', async () => [])
  app.post('/bill', async ({ body }) => body)
  refuseOtherMethods(app, methods)
  return app
}

const NOON = new Date('2026-11-21T12:00:00Z')
const as = (name: string, url = '/bill') => ({ url, headers: { 'x-principal': name } })

test('the rate limit counts each principal for itself, and starts anew with the next minute', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOON })
  const server = await limited({ RATE_LIMIT_PER_MINUTE: '2' })
  expect((await server.inject(as('a'))).headers).toMatchObject(remaining(1, 60))
  vi.setSystemTime(NOON.getTime() + 14_500)
  expect((await server.inject(as('a'))).headers).toMatchObject(remaining(0, 46))
  const refused = await server.inject(as('a'))
  expect(refused.headers).toMatchObject({ ...remaining(0, 46), 'retry-after': '46' })
  expect(refused.statusCode).toBe(429)
  expect(refused.json()).toMatchObject({ code: '53', reason: 'Too many requests', '@type': 'Error' })
  expect((await server.inject(as('b'))).headers).toMatchObject(remaining(1, 60))
  vi.setSystemTime(NOON.getTime() + 60_000)
  expect((await server.inject(as('a'))).headers).toMatchObject(remaining(1, 60))
})

test('the rate limit refuses before the body is read, and counts unknown paths and methods', async () => {
  const server = await limited({ RATE_LIMIT_PER_MINUTE: '2' })
  expect((await server.inject(as('a', '/nowhere'))).headers).toMatchObject(remaining(1, 60))
  expect((await server.inject({ ...as('a'), method: 'DELETE' })).statusCode).toBe(405)
  const headers = { 'x-principal': 'a', 'content-type': 'application/json' }
  for (const url of ['/bill', '/nowhere'])
    expect((await server.inject({ method: 'POST', url, headers, payload: '{' })).statusCode).toBe(429)
})

test('the rate limit leaves requests without a principal alone', async () => {
  const server = await limited({ RATE_LIMIT_PER_MINUTE: '1' })
  for (const url of ['/bill', '/bill', '/bill']) {
    const { statusCode, headers } = await server.inject(url)
    expect(statusCode).toBe(200)
    expect(headers).not.toHaveProperty('x-ratelimit-limit')
  }
})

const DATABASE_URL = 'postgres://u@db.example.com/d'
test.each([
  ['6000 with a database of its own', { DATABASE_URL }, '6000'],
  ['none with the embedded one', {}, undefined],
  ['what is set, with either', { RATE_LIMIT_PER_MINUTE: '7' }, '7'],
  ['none when it is set to 0', { DATABASE_URL, RATE_LIMIT_PER_MINUTE: '0' }, undefined]
])('the rate limit is %s', async (_, env: Record<string, string>, limit) => {
  const server = await limited(env)
  expect((await server.inject(as('a'))).headers['x-ratelimit-limit']).toBe(limit)
  expect(server.hasDecorator('rateLimit')).toBe(limit !== undefined)
})

function remaining(count: number, seconds: number): Record<string, string> {
  return { 'x-ratelimit-remaining': String(count), 'x-ratelimit-reset': String(seconds) }
}
