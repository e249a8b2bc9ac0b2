import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answerClientError } from '../../src/http/client-error.ts'
import { registerErrors } from '../../src/http/errors.ts'
import { registerHardening, requestLimits } from '../../src/http/hardening.ts'
import { testConfig } from '../support/config.ts'
import { until } from '../support/until.ts'

const TIMEOUT_MS = 300
const DRIP_MS = 40
/** More than the buffers of a connection hold. */
const LONG = 64_000_000

let app: FastifyInstance
let socket: Socket
beforeEach(async () => {
  const config = testConfig({
    REQUEST_TIMEOUT_MS: String(TIMEOUT_MS),
    QUEUE_TIMEOUT_MS: String(TIMEOUT_MS),
    DATABASE_STATEMENT_TIMEOUT_MS: String(TIMEOUT_MS)
  })
  app = Fastify({
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerClientError,
    http: requestLimits(config)
  })
  registerErrors(app)
  await registerHardening(app, config)
  app.post('/', async ({ body }) => body)
  app.get('/', async () => 'x'.repeat(LONG))
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  socket.destroy()
  await app.close()
})

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n'
const BODY = `${HEAD}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":"`
const CHUNKS = `${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n{"a":"`

describe('a client that drips', () => {
  test.each([
    ['its headers', `${HEAD}X-`],
    ['its body', BODY],
    ['its chunks', CHUNKS]
  ])('%s is answered 408 and cut off, though it never ends its side', async (_, start) => {
    const { answer, ms } = await drip(start)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code: '408', '@type': 'Error' })
    expect(ms).toBeGreaterThanOrEqual(TIMEOUT_MS)
    await expect.poll(connections).toBe(0)
  })
})

test('a client that never reads its response is cut off in the end', async () => {
  const { port } = app.server.address() as AddressInfo
  socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('it is connected', async () => (await connections()) === 1)
  await until('it is cut off', async () => (await connections()) === 0)
})

test('a client that sent no HTTP is answered 400 and cut off in the end, too', async () => {
  const answer = await open('hello\r\n\r\n')
  expect(answer.text()).toMatch(/^HTTP\/1\.1 400 /)
  await expect.poll(connections).toBe(0)
})

test('headers beyond 16 KiB are 431', async () => {
  const answer = await open(`${HEAD}Authorization: Bearer ${'x'.repeat(17_000)}\r\n\r\n`)
  expect(answer.text()).toMatch(/^HTTP\/1\.1 431 /)
})

/** Sends a start, then single bytes, until the server ends its side; `ms` is the time of that. */
async function drip(start: string): Promise<{ answer: string; ms: number }> {
  const started = performance.now()
  const dripping = setInterval(() => socket.write('x'), DRIP_MS)
  const answer = await open(start).finally(() => clearInterval(dripping))
  return { answer: answer.text(), ms: performance.now() - started }
}

/** Sends bytes and waits until the server ends its side; this side stays open. */
async function open(bytes: string): Promise<{ text: () => string }> {
  const { port } = app.server.address() as AddressInfo
  let text = ''
  socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  // Later writes meet a reset.
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'end')
  return { text: () => text }
}

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}
