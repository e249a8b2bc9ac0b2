import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, KEYS, OTHER_TENANT, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { CREDENTIAL, cleanUp, type ServerProcess, startServer, statusOf } from './server-process.ts'

const HEAP_MIB = 128
const CONNECTIONS = 60
const SETTINGS = {
  NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
  MAX_CONNECTIONS: '150',
  BODIES_LIMIT_BYTES: '8388608',
  MAX_EVENT_LOOP_DELAY_MS: '0'
}

let store: TestDatabase
let server: ServerProcess
const sockets = new Set<Socket>()
// One server, so that none of the floods leaves anything behind.
beforeAll(async () => {
  store = await createTestDatabase()
  server = await startServer({ DATABASE_URL: store.url, ...SETTINGS })
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
})
afterAll(async () => {
  await cleanUp()
  await store.drop()
})

const LIST = `${BASE}/customerBill`
const LARGE_HEAD = `GET ${LIST} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(15_000)}\r\n`
const MEGABYTE = 1_000_000
const REFUSED = `GET ${LIST} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3_000)
const ANSWERED = `GET ${LIST} HTTP/1.1\r\nHost: x\r\ntoken: ${KEYS[OTHER_TENANT]}\r\n\r\n`.repeat(3_000)
const BODY = `POST ${LIST} HTTP/1.1\r\nHost: x\r\ntoken: ${CREDENTIAL.token}\r\nContent-Type: application/json\r\n`

describe(`a server with a heap of ${HEAP_MIB} MiB lives on and answers`, () => {
  test.each<[string, (socket: Socket) => void]>([
    ['heads that never end', (socket) => socket.write(LARGE_HEAD)],
    [
      'bodies that never end',
      (socket) => socket.write(`${BODY}Content-Length: ${MEGABYTE}\r\n\r\n${' '.repeat(MEGABYTE - 1)}`)
    ],
    [
      'chunks that never end',
      (socket) => socket.write(`${BODY}Transfer-Encoding: chunked\r\n\r\n100000\r\n${' '.repeat(MEGABYTE)}`)
    ],
    [
      'bodies that nobody wants',
      (socket) => socket.write(`${BODY}Content-Length: 90000000\r\n\r\n${'x'.repeat(MEGABYTE)}`)
    ],
    ['no HTTP at all', (socket) => socket.write('x'.repeat(MEGABYTE))],
    ['requests that do not wait for answers', (socket) => socket.write(REFUSED)],
    ['the same, and nobody reads the answers', (socket) => socket.pause().write(REFUSED)],
    ['the same of a tenant', (socket) => socket.write(ANSWERED)],
    ['the same of a tenant that does not read the answers', (socket) => socket.pause().write(ANSWERED)]
  ])('under %s', async (_, flood) => {
    for (let at = 0; at < CONNECTIONS; at++) flood(open())
    for (let time = 0; time < 20; time++) {
      await expectAnswer('/health/live')
      await delay(50)
    }
    await expectAnswer(LIST)
    expect(server.child.exitCode).toBeNull()
    expect(server.stderr()).toBe('')
  })

  test('and closes more connections than it may have', async () => {
    for (let at = 0; at < 400; at++) open()
    await expect.poll(() => sockets.size, { timeout: 20_000 }).toBeLessThanOrEqual(150)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => statusOf(server.root + LIST), { timeout: 20_000 }).toBe(200)
  })
})

function open(): Socket {
  const { port } = new URL(server.root)
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  sockets.add(socket)
  return socket
    .on('error', () => {})
    .on('close', () => sockets.delete(socket))
    .resume()
}

/** Waits until a client gets a response: others may be first. */
async function expectAnswer(path: string): Promise<void> {
  await expect.poll(() => statusOf(server.root + path), { timeout: 30_000 }).toBe(200)
}
