import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ PUBLIC_URL: 'https://bills.example/billing' })
})
afterAll(() => server.close())

const get = (accept?: string) => server.app.inject({ url: '/', headers: accept === undefined ? {} : { accept } })

test.each([undefined, '*/*', 'application/json'])(
  '/ answers programs, with Accept %s, with links that work',
  async (accept) => {
    const answer = await get(accept)
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'content-type': 'application/json;charset=utf-8' } })
    expect(answer.headers.vary).toMatch(/accept/i)
    const { links } = answer.json<{ links: Record<string, string> }>()
    expect(Object.keys(links)).toEqual(['docs', 'openapi', 'asyncapi', 'api', 'token', 'health'])
    for (const name of ['docs', 'openapi', 'asyncapi', 'health']) {
      const url = String(links[name]).replace('/billing', '')
      expect([name, (await server.app.inject(url)).statusCode]).toEqual([name, 200])
    }
  }
)

test('/ answers a browser with a short page of links that work, and nothing else on it', async () => {
  const { statusCode, headers, body } = await get('text/html,application/xhtml+xml,*/*;q=0.8')
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html;charset=utf-8'])
  const hrefs = [...body.matchAll(/href="([^"]*)"/g)].map(([, href]) => String(href))
  expect(hrefs).toHaveLength(4)
  for (const href of hrefs) {
    expect(href.startsWith('/billing/')).toBe(true)
    expect((await server.app.inject(href.replace('/billing', ''))).statusCode).toBe(200)
  }
  expect(body).not.toMatch(/<script|<style|style=/)
})
