import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { NO_NETWORKS, parseNetworks, type Resolve } from '../../src/events/callback-address.ts'
import { until } from '../support/until.ts'
import { CERTIFICATE } from './certificate.ts'
import { at, client, LONG_MS, listen, post, serve } from './receiver.ts'

const resolvesTo = (...addresses: readonly string[]): Resolve =>
  vi.fn(async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))

test('posts body and headers, and returns status and answer', async () => {
  const seen: unknown[] = []
  const port = await serve((request, response) => {
    request.setEncoding('utf8').on('data', (text) => seen.push(text))
    request.on('end', () => {
      seen.push(request.method, request.url, request.headers['webhook-id'], request.headers.host)
      response.writeHead(201).end('thanks')
    })
  })
  const result = await post(at(port, '/a?b=c'), { headers: { 'webhook-id': '7' }, body: '{"value":1.10}' })
  expect(result).toEqual({
    status: 201,
    fault: undefined,
    retryAfterMs: undefined,
    answer: 'thanks',
    durationMs: expect.any(Number)
  })
  expect(seen).toEqual(['{"value":1.10}', 'POST', '/a?b=c', '7', `127.0.0.1:${port}`])
})

test('uses a connection again', async () => {
  let connections = 0
  const server = http.createServer((request, response) => {
    request.resume()
    response.end('ok')
  })
  server.on('connection', () => {
    connections += 1
  })
  const port = await listen(server)
  const { post: send } = client()
  const posts = 20
  for (let sent = 0; sent < posts; sent++) {
    await send({ url: at(port), headers: {}, body: '{}', timeoutMs: LONG_MS })
  }
  // A post may begin just before the connection of the last one is free again.
  expect(connections).toBeLessThan(posts / 2)
})

test.each([
  [410, 'status'],
  [500, 'status'],
  [304, 'redirected']
])('an answer of %i is a failure: %s', async (status, fault) => {
  const port = await serve((request, response) => {
    request.resume()
    response.writeHead(status).end()
  })
  expect(await post(at(port))).toMatchObject({ status, fault })
})

test.each([
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after': '9'.repeat(12) }, 999_999_999_999_000],
  [{ 'retry-after': '9'.repeat(400) }, Number.POSITIVE_INFINITY],
  [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30_000],
  [{ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{}, undefined]
])('reads the wait of %o', async (headers, retryAfterMs) => {
  const port = await serve((request, response) => {
    request.resume()
    response.sendDate = false
    response.writeHead(503, headers).end()
  })
  expect(await post(at(port))).toMatchObject({ status: 503, retryAfterMs })
})

describe('an address that is not allowed is not connected to', () => {
  test.each([
    ['literal', 'http://127.0.0.1', {}],
    ['in an odd spelling', 'http://0x7f.1', {}],
    ['mapped', 'http://[::ffff:7f00:1]', {}],
    ['of a name', 'http://receiver.example', { resolve: resolvesTo('127.0.0.1') }],
    [
      'of a name that also has a public one',
      'http://receiver.example',
      { resolve: resolvesTo('8.8.8.8', '127.0.0.1') }
    ],
    ['of a name without any', 'http://receiver.example', { resolve: resolvesTo() }]
  ])('%s', async (_, origin, settings) => {
    const ports: unknown[] = []
    const port = await listen(net.createServer(({ remotePort }) => ports.push(remotePort)))
    const result = await post(`${origin}:${port}`, {}, { allowed: NO_NETWORKS, ...settings })
    expect(result).toMatchObject({ status: undefined, fault: 'addressRefused' })
    // Connections are accepted in their order: the server has seen all that came before this one.
    const probe = net.connect(port, '127.0.0.1')
    await once(probe, 'connect')
    await until('the probe is accepted', () => ports.includes(probe.localPort))
    expect(ports).toEqual([probe.localPort])
    probe.destroy()
  })

  test('of a name that was public a moment ago (DNS rebinding)', async () => {
    const requests = vi.fn((request: http.IncomingMessage, response: http.ServerResponse) => {
      request.resume()
      response.setHeader('Connection', 'close').end()
    })
    const port = await serve(requests)
    // The first address is an allowed network of this machine, in place of a public one.
    const allowed = parseNetworks(['127.0.0.1'])
    const answers = ['127.0.0.1', '127.0.0.2']
    const resolve: Resolve = vi.fn(async () => [{ address: answers.shift() ?? '', family: 4 }])
    const { post: send } = client({ allowed, resolve })
    const callback = { url: `http://receiver.example:${port}`, headers: {}, body: '{}', timeoutMs: LONG_MS }
    expect(await send(callback)).toMatchObject({ status: 200 })
    expect(await send(callback)).toMatchObject({ fault: 'addressRefused' })
    expect(requests).toHaveBeenCalledTimes(1)
    // One look-up for each connection: the address that was checked is the one that was connected to.
    expect(resolve).toHaveBeenCalledTimes(2)
  })

  test('by a redirect', async () => {
    const inner = vi.fn()
    const innerPort = await serve(inner)
    const port = await serve((request, response) => {
      request.resume()
      response.writeHead(307, { location: at(innerPort) }).end()
    })
    expect(await post(at(port))).toMatchObject({ status: 307, fault: 'redirected' })
    expect(inner).not.toHaveBeenCalled()
  })

  test('through a proxy of the environment', async () => {
    const proxy = vi.fn()
    const proxyPort = await serve(proxy)
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, at(proxyPort))
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    const port = await serve((request, response) => {
      request.resume()
      response.end()
    })
    expect(await post(at(port))).toMatchObject({ status: 200 })
    vi.unstubAllEnvs()
    expect(proxy).not.toHaveBeenCalled()
  })
})

describe('TLS', () => {
  const secure = (listener: http.RequestListener) => listen(https.createServer(CERTIFICATE, listener))
  const settings = { resolve: resolvesTo('127.0.0.1') }

  test('with a certificate that nobody has signed is refused', async () => {
    const requests = vi.fn()
    const port = await secure(requests)
    expect(await post(`https://receiver.example:${port}`, {}, settings)).toMatchObject({ fault: 'tlsFailed' })
    expect(await post(`https://127.0.0.1:${port}`)).toMatchObject({ fault: 'tlsFailed' })
    expect(requests).not.toHaveBeenCalled()
  })

  test('with a known certificate is for its name only, which the server is told', async () => {
    const names: unknown[] = []
    const port = await secure((request, response) => {
      if (request.socket instanceof tls.TLSSocket) names.push(request.socket.servername)
      request.resume()
      response.end()
    })
    const before = tls.getCACertificates('default')
    tls.setDefaultCACertificates([CERTIFICATE.cert])
    onTestFinished(() => tls.setDefaultCACertificates(before))
    expect(await post(`https://receiver.example:${port}`, {}, settings)).toMatchObject({ status: 200 })
    expect(await post(`https://other.example:${port}`, {}, settings)).toMatchObject({ fault: 'tlsFailed' })
    expect(names).toEqual(['receiver.example'])
  })

  test('with a server that has none fails', async () => {
    const port = await serve(() => undefined)
    expect(await post(`https://127.0.0.1:${port}`)).toMatchObject({ fault: 'tlsFailed' })
  })
})

test('gives up at a signal', async () => {
  const end = new AbortController()
  const port = await serve(() => end.abort())
  expect(await post(at(port), { signal: end.signal })).toMatchObject({ fault: 'aborted' })
})

test('opens a limited number of connections to one receiver', async () => {
  let [open, most] = [0, 0]
  const waiting: (() => void)[] = []
  const port = await serve((request, response) => {
    request.resume()
    most = Math.max(most, ++open)
    waiting.push(() => {
      open -= 1
      response.end()
    })
    if (waiting.length >= 32) for (const go of waiting.splice(0)) go()
  })
  const { post: send } = client()
  const posts = Array.from({ length: 64 }, () => send({ url: at(port), headers: {}, body: '{}', timeoutMs: LONG_MS }))
  const results = await Promise.all(posts)
  expect(results.filter(({ status }) => status === 200)).toHaveLength(64)
  expect(most).toBe(32)
})
