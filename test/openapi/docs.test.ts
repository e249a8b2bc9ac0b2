import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ASYNCAPI_FILE, readDocument } from './document.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ PUBLIC_URL: 'https://bills.example/billing/' })
})
afterAll(() => server.close())

test('/openapi.json is the committed document, below the path at which clients see the server', async () => {
  const { status, headers, body } = await server.call('GET', '/openapi.json')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('application/json;charset=utf-8')
  const servers = ['/billing/customerBillManagement/v4', '/billing/tmf-api/customerBillManagement/v4']
  const text = JSON.stringify(readDocument()).replaceAll('"servers":[{"url":"/"}]', '"servers":[{"url":"/billing"}]')
  const below = JSON.parse(text.replaceAll(/:"(\/oauth\/)/g, ':"/billing$1'))
  expect(body).toEqual({ ...below, servers: servers.map((url) => ({ url })) })
})

test('/asyncapi.json is the committed document', async () => {
  const { status, body } = await server.call('GET', '/asyncapi.json')
  expect([status, body]).toEqual([200, JSON.parse(readFileSync(ASYNCAPI_FILE, 'utf8'))])
})

test.each(['/openapi.json', '/asyncapi.json'])('%s need not be sent again while it is the same', async (path) => {
  const { headers } = await server.call('GET', path)
  const again = await server.call('GET', path, undefined, { 'if-none-match': String(headers.etag) })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('the page loads scripts, styles and data from this server alone', async () => {
  const { headers, body } = await server.app.inject('/docs')
  const sources = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, source]) => source)
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.filter((source) => !source?.startsWith('/billing/docs/static/'))).toEqual([])
  expect(body).not.toMatch(/<script>|<style>|style="|onload=/)
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
  for (const source of sources) {
    const { statusCode } = await server.app.inject(String(source).replace('/billing', ''))
    expect([source, statusCode]).toEqual([source, 200])
  }
})

test('the page is given the same document', async () => {
  const { body } = await server.call('GET', '/openapi.json')
  expect((await server.call('GET', '/docs/json')).body).toEqual(body)
})

test.each([
  ['POST', '/openapi.json', 405],
  ['POST', '/docs', 405],
  ['DELETE', '/docs/json', 405],
  ['GET', '/docs/static/nothing.js', 404],
  ['GET', '/docs/nothing', 404]
] as const)('%s %s is answered %i with an Error', async (method, path, status) => {
  const answer = await server.call(method, path)
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ '@type': 'Error', status: String(status) })
})
