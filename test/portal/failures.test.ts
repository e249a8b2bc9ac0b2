import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { secrets, testConfig } from '../support/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { visitor } from './visitor.ts'

const HTML = 'text/html; charset=utf-8'
const CODE = 'SECRET77'
let server: TestServer
let app: Awaited<ReturnType<typeof buildApp>>
const lines: string[] = []
beforeAll(async () => {
  server = await startTestServer()
  const logger = pino({ level: 'trace' }, { write: (line) => void lines.push(line) })
  app = await buildApp({ config: testConfig({}), secrets, database: server.database, logger })
})
afterAll(async () => {
  await app.close()
  await server.close()
})

const PATHS = [
  `/portal/confirm?tenant=demo&email=a%40example.com&code=${CODE}`,
  `/portal/reset?tenant=demo&email=a%40example.com&code=${CODE}`,
  `/portal/link?tenant=demo&token=${CODE}`
]

test.each([
  ['/portal/sign-in?tenant=unknown', 404, 'Open the address'],
  ['/portal/reset', 404, 'Open the address'],
  ['/portal/sign-in?tenant=demo&partner=unknown', 404, 'Open the address'],
  ['/portal/sign-in?tenant=demo&tenant=demo', 400, 'does not work'],
  ['/portal/nowhere', 404, 'There is no such page'],
  ['/portal/sign-in/nowhere', 404, 'There is no such page']
])('%s is a page with words, too', async (url, status, words) => {
  const { statusCode, body, headers } = await visitor(app).get(url)
  expect([statusCode, headers['content-type'], body]).toEqual([status, HTML, expect.stringContaining(words)])
})

test('an unknown path is told in the language of the reader', async () => {
  const { body } = await visitor(app).get('/portal/nowhere', { 'accept-language': 'de-CH' })
  expect(body).toContain('<html lang="de">')
  expect(body).toContain('Diese Seite gibt es nicht.')
  const posted = await app.inject({ method: 'POST', url: '/portal/nowhere', payload: { a: 1 } })
  expect([posted.statusCode, posted.headers['content-type']]).toEqual([404, HTML])
})

test.each(PATHS)('the secret of %s gets into no log and no other address', async (url) => {
  lines.length = 0
  const one = visitor(app)
  const { statusCode, headers } = await one.get(url)
  expect([statusCode, headers['referrer-policy']]).toEqual([200, 'strict-origin'])
  await one.send(url, { code: CODE, token: CODE, password: 'a long password' })
  for (const wrong of [url.replace('?', '/more?'), `${url}&code=${CODE}&code=2`, url.replace('/portal', '/%zz')]) {
    expect((await one.get(wrong)).statusCode).toBeGreaterThanOrEqual(400)
  }
  await server.database.query('ALTER TABLE "tenant" RENAME TO "gone"')
  const failed = await one.get(url)
  await server.database.query('ALTER TABLE "gone" RENAME TO "tenant"')
  expect([failed.statusCode, failed.body.includes(CODE)]).toEqual([500, false])
  const told = lines.join('')
  expect(told).toContain('"msg":"request"')
  expect(told).toContain('a page of the portal failed')
  expect(told).not.toContain(CODE)
})
