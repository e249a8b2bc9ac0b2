import http from 'node:http'
import type net from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Resolve } from '../../src/events/callback-address.ts'
import { at, LONG_MS, listen, post, serve, serveRaw } from './receiver.ts'

const SHORT_MS = 200

test.each<[string, (socket: net.Socket) => void, object]>([
  ['says nothing', () => undefined, { fault: 'timeout' }],
  ['sends half of its headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nA: b\r\n'), { fault: 'timeout' }],
  ['sends interim answers only', (socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), { fault: 'timeout' }],
  [
    'stops within its answer',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
    {
      status: 200,
      fault: undefined,
      answer: 'abc'
    }
  ],
  ['resets the connection', (socket) => socket.resetAndDestroy(), { fault: 'connectionLost' }],
  ['closes the connection', (socket) => socket.end(), { fault: 'connectionLost' }],
  ['speaks no HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n'), { fault: 'answerMalformed' }],
  [
    'has huge headers',
    (socket) => socket.end(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`),
    {
      fault: 'answerMalformed'
    }
  ]
])('a receiver that misbehaves and %s', async (_, answer, outcome) => {
  const port = await serveRaw(answer)
  const timeoutMs = 'fault' in outcome && outcome.fault === 'connectionLost' ? LONG_MS : SHORT_MS * 5
  expect(await post(at(port), { timeoutMs })).toMatchObject(outcome)
})

test('a receiver that misbehaves and answers without end is cut after the first kilobyte', async () => {
  const port = await serve((request, response) => {
    request.resume()
    const more = () => {
      if (response.write('endless '.repeat(1_000))) setImmediate(more)
    }
    response.on('drain', more).on('error', () => undefined)
    more()
  })
  const result = await post(at(port))
  expect(result).toMatchObject({ status: 200, answer: 'endless '.repeat(128) })
})

test('a receiver that misbehaves and compresses its answer makes the server unpack nothing', async () => {
  const port = await serve((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)))
  })
  expect(await post(at(port))).toMatchObject({ status: 200, answer: '' })
})

test('a receiver that misbehaves and is gone', async () => {
  const server = http.createServer()
  const port = await listen(server)
  server.close()
  expect(await post(at(port))).toMatchObject({ status: undefined, fault: 'connectionFailed' })
})

test('a receiver that misbehaves and has a name without an address', async () => {
  const failure = Object.assign(new Error('no'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
  const result = await post('http://nowhere.example', {}, { resolve: () => Promise.reject(failure) })
  expect(result).toMatchObject({ fault: 'nameUnresolved' })
})

test('a receiver that misbehaves and has a name whose look-up hangs', async () => {
  const resolve: Resolve = () => new Promise(() => undefined)
  const result = await post('http://nowhere.example', { timeoutMs: SHORT_MS }, { resolve })
  expect(result).toMatchObject({ fault: 'timeout' })
})
