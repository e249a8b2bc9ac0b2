import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { warnOfUntrustedProxy } from '../../src/http/forwarded.ts'

test.each([
  ['no proxy is trusted', false, 1],
  ['another proxy is trusted', '10.0.0.1', 1],
  ['the proxy is trusted', '127.0.0.1', 0]
])('where %s the log says so once, not for each request', async (_, trustProxy, times) => {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  const app = Fastify({ trustProxy, logger: { level: 'warn', stream } })
  warnOfUntrustedProxy(app)
  app.get('/', async () => 'x')
  await app.inject('/')
  expect(text).toBe('')
  for (let time = 0; time < 3; time++) await app.inject({ url: '/', headers: { 'x-forwarded-for': '192.0.2.1' } })
  expect(text.match(/TRUST_PROXY/g) ?? []).toHaveLength(times)
  await app.close()
})
