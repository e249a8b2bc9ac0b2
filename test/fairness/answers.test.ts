import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { registerFairness, slotOf } from '../../src/fairness/request-slot.ts'
import type { Limits } from '../../src/fairness/scheduler.ts'

/** More than the buffers of a connection take. */
const BIG = Buffer.alloc(64_000_000, ' ')
const ONE = { total: 1, perTenant: 1 }

let app: FastifyInstance
let origin: string
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  app.server.closeAllConnections()
  await app.close()
})

/** An app with one slot, and routes whose work ends on demand. */
async function start(more: Partial<Limits['waiting']> = {}, answerTimeoutMs = 60_000): Promise<() => void> {
  const gate = Promise.withResolvers<void>()
  const classes = { read: ONE, write: ONE, expensive: ONE, transfer: ONE }
  app = Fastify()
  registerFairness(app, {
    limits: { all: ONE, classes, waiting: { total: 10, perTenant: 10, perPrincipal: 10, ...more } },
    queueTimeoutMs: 60_000,
    expensiveSecondsPerMinute: 0,
    answerTimeoutMs,
    ownerOf: () => ({ tenant: 'a', principal: '1' }),
    classOf: () => undefined
  })
  app.get('/small', async () => 'small')
  app.get('/big', async () => BIG)
  app.get('/held', async () => gate.promise.then(() => 'held'))
  app.post('/transfer', { config: { work: 'transfer' } }, async (request) => {
    await slotOf(request).run('write', async () => undefined)
    await gate.promise
    return 'transferred'
  })
  app.get('/become', async (request) => {
    await slotOf(request).become('expensive')
    return gate.promise.then(() => 'expensive')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  return gate.resolve
}

/** Sends a request and reads nothing of the response. */
async function sendUnread(path: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(origin).port), host: '127.0.0.1' })
  sockets.push(socket)
  await once(socket, 'connect')
  socket.pause()
  socket.on('error', () => undefined)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  return socket
}

async function get(path: string): Promise<string> {
  const [response] = (await once(httpRequest(origin + path).end(), 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return `${response.statusCode} ${text}`
}

test('a slow reader does not keep its slot', async () => {
  await start()
  for (let each = 0; each < 3; each++) await sendUnread('/big')
  expect(await get('/small')).toBe('200 small')
})

test('a reader that takes nothing is cut off', async () => {
  await start({}, 200)
  const socket = await sendUnread('/big')
  await expect.poll(() => connections(), { timeout: 10_000 }).toBe(0)
  socket.resume()
  await once(socket, 'close')
  expect(socket.bytesRead).toBeLessThan(BIG.length)
})

test('who goes away while it waits leaves its place to others', async () => {
  const open = await start({ perPrincipal: 1 })
  const held = get('/held')
  await expect.poll(() => connections()).toBe(1)
  const waiting = await sendUnread('/small')
  await expect.poll(() => get('/small')).toMatch(/^429 /)
  waiting.destroy()
  const small = expect.poll(() => Promise.race([get('/small'), held]))
  queueMicrotask(open)
  await small.toMatch(/^200 /)
  expect(await held).toBe('200 held')
})

test('a transfer holds a slot only for the parts of its work', async () => {
  const open = await start()
  const transfer = fetch(`${origin}/transfer`, { method: 'POST' })
  await expect.poll(() => connections()).toBe(1)
  expect(await get('/small')).toBe('200 small')
  open()
  expect(await (await transfer).text()).toBe('transferred')
})

test('a request that becomes expensive gives its slot back first', async () => {
  const open = await start()
  const all = ['/become', '/become', '/become'].map(get)
  await expect.poll(() => connections()).toBe(3)
  open()
  expect(await Promise.all(all)).toEqual(Array(3).fill('200 expensive'))
  expect(await get('/small')).toBe('200 small')
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}
