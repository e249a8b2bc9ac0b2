import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { registerFairness, slotOf } from '../../src/fairness/request-slot.ts'
import type { Limits } from '../../src/fairness/scheduler.ts'
import { registerErrors } from '../../src/http/errors.ts'

const ONE = { total: 1, perTenant: 1 }
const LIMITS: Limits = {
  all: ONE,
  classes: { read: ONE, write: ONE, expensive: ONE, transfer: ONE },
  waiting: { total: 9, perTenant: 9, perPrincipal: 9 }
}

let app: FastifyInstance
beforeEach(() => {
  app = Fastify()
  registerErrors(app)
  registerFairness(app, {
    limits: LIMITS,
    queueTimeoutMs: 120_000,
    expensiveSecondsPerMinute: 0,
    answerTimeoutMs: 120_000,
    ownerOf: () => ({ tenant: 'a', principal: '1' }),
    classOf: () => undefined
  })
})
afterEach(() => app.close())

test('a slow answer that is injected, to no socket, gives its slot to the next request', async () => {
  const next = Promise.withResolvers<string>()
  app.get('/slow', (_, reply) =>
    reply.send(
      Readable.from(
        (async function* () {
          yield 'begun'
          yield await next.promise
        })()
      )
    )
  )
  app.get('/next', async () => {
    next.resolve(' and ended')
    return 'at its turn'
  })
  const replies = await Promise.all([app.inject('/slow'), app.inject('/next')])
  expect(replies.map(({ body }) => body)).toEqual(['begun and ended', 'at its turn'])
})

test('a request whose client has gone away gets no further slot', async () => {
  const [begun, told] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()]
  app.get('/', async (each, { raw }) => {
    begun.resolve()
    await once(raw, 'close')
    const slot = slotOf(each)
    await slot.become('expensive').then(() => told.resolve('a slot'), told.resolve)
    slot.requireClient()
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const client = request({ port, host: '127.0.0.1' }).on('error', () => undefined)
  client.end()
  await begun.promise
  client.destroy()
  expect(await told.promise).toMatchObject({ kind: 'requestTimeout', message: 'The client has gone away' })
})
