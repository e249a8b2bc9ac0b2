import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answerClientError } from '../../src/http/client-error.ts'
import { TAKEN_PER_TURN, UNDER_WAY_MAX } from '../../src/http/connections.ts'
import { registerErrors } from '../../src/http/errors.ts'

const BODY_LIMIT = 10_000

let app: FastifyInstance
let underWay = 0
let most = 0
/** Ends the waiting requests, the oldest first. */
let waiting: (() => void)[] = []
let isEnding = false
const sockets: Socket[] = []

beforeEach(async () => {
  underWay = most = 0
  waiting = []
  isEnding = false
  app = Fastify({ clientErrorHandler: answerClientError, bodyLimit: BODY_LIMIT, requestTimeout: 2_000 })
  registerErrors(app)
  app.get('/quick/:id', async ({ params }) => params)
  app.get('/slow/:id', async ({ params }) => {
    most = Math.max(most, ++underWay)
    if (!isEnding) await new Promise<void>((resolve) => waiting.push(resolve))
    underWay--
    return params
  })
  app.post('/body', async ({ body }) => body)
  app.addContentTypeParser('text/lines', (_, stream, done) => done(null, stream))
  app.post('/stream', async (request, reply) => {
    reply.raw.writeHead(200, { 'Content-Type': 'text/plain' })
    reply.raw.write('begun\n')
    request.raw.on('error', () => {}).resume()
    return reply.hijack()
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  isEnding = true
  for (const end of waiting) end()
  for (const socket of sockets.splice(0)) socket.destroy()
  await app.close()
})

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const post = (length: number) =>
  `POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

const CHUNKED = post(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')

interface Client {
  readonly socket: Socket
  readonly text: () => string
  readonly statuses: () => readonly number[]
}

function open(bytes: string): Client {
  const { port } = app.server.address() as AddressInfo
  let text = ''
  const socket = connect({ port, host: '127.0.0.1' })
  sockets.push(socket)
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  socket.write(bytes)
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return { socket, text: () => text, statuses }
}

describe('a client that does not wait for answers', () => {
  test('has a few requests under way, and in the end all of its answers, in order', async () => {
    const paths = Array.from({ length: 500 }, (_, at) => (at % 5 === 0 ? `/slow/${at}` : `/quick/${at}`))
    const { text, statuses } = open(paths.map(get).join(''))
    while (statuses().length < paths.length) {
      await expect.poll(() => waiting.length > 0 || statuses().length === paths.length).toBe(true)
      for (const end of waiting.splice(0)) end()
    }
    const answered = [...text().matchAll(/\{"id":"(\d+)"\}/g)].map(([, id]) => Number(id))
    expect(answered).toEqual(paths.map((_, at) => at))
    expect(most).toBeLessThanOrEqual(UNDER_WAY_MAX)
  })

  test('leaves everybody a turn of the event loop between a few requests', async () => {
    const connections = 10
    const requests = 500
    let [inTurn, mostInTurn, isOver] = [0, 0, false]
    app.server.on('request', () => {
      inTurn++
    })
    const turn = () => {
      mostInTurn = Math.max(mostInTurn, inTurn)
      inTurn = 0
      if (!isOver) setImmediate(turn)
    }
    turn()
    const clients = Array.from({ length: connections }, () => open(get('/quick/1').repeat(requests)))
    await expect.poll(() => clients.map(({ statuses }) => statuses().length)).toEqual(clients.map(() => requests))
    isOver = true
    // The first read of each connection does not wait.
    expect(mostInTurn).toBeLessThanOrEqual(TAKEN_PER_TURN + connections)
  })

  test('waits with what it sends beyond, unread', async () => {
    const { socket } = open(get('/slow/1').repeat(10))
    await expect.poll(() => waiting.length).toBe(UNDER_WAY_MAX)
    const flood = get('/slow/2').repeat(2_000)
    for (let at = 0; at < 200; at++) socket.write(flood)
    // The kernel buffers some of it; the client keeps the rest.
    await expect.poll(() => socket.writableLength).toBeGreaterThan(1_000_000)
    expect(most).toBe(UNDER_WAY_MAX)
  })

  test('may send bodies between, and heads in any pieces', async () => {
    const body = JSON.stringify({ text: 'a\r\n\r\nb' })
    const bytes = `${post(body.length)}${body}${get('/quick/1')}`.repeat(20)
    const { socket, statuses } = open('')
    for (let at = 0; at < bytes.length; at += 37) {
      socket.write(bytes.slice(at, at + 37))
      if (at % 5 === 0) await new Promise(setImmediate)
    }
    await expect.poll(statuses).toEqual(Array.from({ length: 40 }, () => 200))
  })
})

test.each([
  ['of a known length', post(8_002), ''],
  ['in chunks', `${CHUNKED}1f42\r\n`, '\r\n0\r\n\r\n']
])('behind a body %s no more requests are begun, whatever the pieces', async (_, head, end) => {
  const bytes = `${head}${'\r\n'.repeat(4_000)}{}${end}${get('/slow/1').repeat(100)}`
  for (const back of [0, 1, 2, 3, 4]) {
    const begun = UNDER_WAY_MAX * (back + 1)
    const at = head.length - back
    const { socket, statuses } = open(bytes.slice(0, at))
    await expect.poll(() => socket.bytesWritten).toBe(at)
    await new Promise(setImmediate)
    socket.write(bytes.slice(at))
    await expect.poll(() => waiting.length).toBe(begun)
    await expect.poll(statuses).toEqual([200])
    expect(most).toBe(begun)
  }
})

describe('a body that is too long', () => {
  test.each([
    ['says so at once', post(5_000_000)],
    ['comes in chunks', `${CHUNKED}4c4b40\r\n`]
  ])('and %s is read to its end: the answer arrives, and the connection stays', async (_, head) => {
    for (let time = 0; time < 20; time++) {
      const { socket, statuses } = open(head)
      const isReset = once(socket, 'close')
      socket.write('x'.repeat(5_000_000) + (head.includes('chunked') ? '\r\n0\r\n\r\n' : ''))
      socket.write(get('/quick/1'))
      await Promise.race([isReset, expect.poll(statuses).toEqual([413, 200])])
      expect(statuses()).toEqual([413, 200])
    }
  })

  test('without end is cut off', async () => {
    const { socket, statuses } = open(post(1_000_000_000))
    const closed = new Promise((resolve) => socket.on('close', resolve))
    const more = () => {
      while (socket.writable && socket.write('x'.repeat(100_000)));
    }
    socket.on('drain', more)
    more()
    await closed
    expect(statuses()).toEqual([413])
  })
})

describe('what is no HTTP', () => {
  test('within a body whose answer has begun ends the connection, and nothing else is written', async () => {
    const head = 'POST /stream HTTP/1.1\r\nHost: x\r\nContent-Type: text/lines\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { socket, text } = open(`${head}2\r\n{}\r\n`)
    await expect.poll(text).toContain('begun')
    socket.write('nonsense\r\n')
    await once(socket, 'close')
    expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  test('within a body whose answer has not begun is 400', async () => {
    const { socket, statuses } = open(CHUNKED)
    socket.write('nonsense\r\n')
    await once(socket, 'close')
    expect(statuses()).toEqual([400])
  })

  test('behind a request that is under way is answered after it', async () => {
    const { socket, statuses } = open(`${get('/slow/1')}nonsense\r\n\r\n`)
    await expect.poll(() => waiting.length).toBe(1)
    waiting[0]?.()
    await once(socket, 'close')
    expect(statuses()).toEqual([200, 400])
  })
})
