import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsed } from '../support/answer.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let port: number
beforeAll(async () => {
  server = await startTestServer()
  port = Number(new URL(await server.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => server.close())

describe('what the HTTP parser refuses', () => {
  const get = `GET ${BASE}/customerBill`
  const posting = `POST ${BASE}/customerBill HTTP/1.1\r\nHost: x`
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['an unknown version', `${get} HTTP/9.9\r\nHost: x\r\n\r\n`, 400],
    ['no Host', `${get} HTTP/1.1\r\n\r\n`, 400],
    ['two Hosts', `${get} HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n`, 400],
    ['a header line without a colon', `${get} HTTP/1.1\r\nHost: x\r\nnope\r\n\r\n`, 400],
    ['headers of 20 kB', `${get} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a request line of 20 kB', `${get}?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    [
      'two lengths',
      `POST ${BASE}/customerBill HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400
    ],
    ['a length and chunks', `${posting}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [
      'an unknown expectation',
      `POST ${BASE}/customerBill HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 0\r\n\r\n`,
      417
    ],
    [
      'a broken escape in the path',
      `GET ${BASE}/customerBill/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      400
    ],
    [
      'a very long id',
      `GET ${BASE}/customerBill/${'x'.repeat(5_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      414
    ],
    ['a path that climbs', 'GET /docs/static/.. HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a raw NUL in the path', `GET ${BASE}/customer\u0000Bill HTTP/1.1\r\nHost: x\r\n\r\n`, 400]
  ])('%s is a TMF Error', async (_, request, status) => {
    const answer = await send(request)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const body = parsed(answer.slice(answer.indexOf('\r\n\r\n')).match(/\{.*\}/s)?.[0] ?? '')
    expect(body).toMatchObject({
      status: String(status),
      code: expect.any(String),
      reason: expect.any(String),
      messageCode: expect.stringMatching(/^http\./),
      requestId: expect.any(String)
    })
  })
})

/** Writes raw bytes and reads until the server ends the connection. */
function send(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('"@type":"Error"}')) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
