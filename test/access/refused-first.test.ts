import { afterAll, beforeAll, expect, test } from 'vitest'
import { SCOPES } from '../../src/auth/access/scopes.ts'
import { newId } from '../../src/base/ulid.ts'
import { operationsOf, readDocument } from '../openapi/document.ts'
import { parsed } from '../support/answer.ts'
import { addApiKey, addPartner, TENANT } from '../support/database.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'
import { guardedRoutes, pathTo, type Route } from './route-list.ts'

/** A body with its media type. */
type Sent = readonly [type: string, body: string]

const JSON_TYPE = 'application/json'
const BROKEN: readonly Sent[] = [
  [JSON_TYPE, '{"no JSON'],
  [JSON_TYPE, '[1]'],
  [JSON_TYPE, '{"id": 1, "name": {}, "state": [], "amount": "much", "surprise": true}'],
  [JSON_TYPE, '{}'],
  ['text/plain', 'a body'],
  ['application/json;charset=latin1', '{}']
]
const NOBODY = newId()

let server: TestServer
/** Headers of requesters that may not do everything. */
const requesters: Record<string, Readonly<Record<string, string>>> = {
  'a provider with all scopes': { token: 'demo-api-key' },
  'a provider as one of its partners': { token: 'demo-api-key', proxy_accountnumber: 'P-1' },
  'a provider as an unknown partner': { token: 'demo-api-key', proxy_accountnumber: 'P-2' },
  'a partner with all scopes': { token: 'key of a partner' },
  ...Object.fromEntries(SCOPES.map((scope) => [`a provider with ${scope}`, { token: `key-${scope}` }]))
}

beforeAll(async () => {
  server = await startTestServer()
  const { database } = server
  const partnerId = await addPartner(database, TENANT, 'P-1')
  await addApiKey(database, { tenantId: TENANT, key: 'key of a partner', partnerId })
  for (const scope of SCOPES) await addApiKey(database, { tenantId: TENANT, key: `key-${scope}`, scopes: [scope] })
})
afterAll(() => server.close())

test('a request without the right gets its 403 whatever its body is', async () => {
  const routes = guardedRoutes(server.app).filter(({ method }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method))
  const wrong: unknown[] = []
  const refused = new Set<string>()
  for (const route of routes) {
    for (const [name, headers] of Object.entries(requesters)) {
      const whole = await answerTo(route, headers, exampleOf(route))
      if (!whole.startsWith('403')) continue
      refused.add(name)
      for (const broken of BROKEN) {
        const answer = await answerTo(route, headers, broken)
        if (answer !== whole) wrong.push([name, route.method, route.url, broken, answer])
      }
    }
  }
  expect(wrong).toEqual([])
  expect([...refused].sort()).toEqual(Object.keys(requesters).sort())
})

const examples: ReadonlyMap<string, Sent> = new Map(
  operationsOf(readDocument()).flatMap(({ path, method, operation, isOfApi }) => {
    const contents = Object.entries(operation.requestBody?.content ?? {})
    const sent = contents.map(([type, { example, examples: named = {} }]): Sent => {
      return [type, JSON.stringify(example ?? Object.values(named)[0]?.value, withoutPartner)]
    })
    const url = (isOfApi ? BASE : '') + path.replaceAll(/\{(\w+)\}/g, ':$1')
    return sent[0] ? [[`${method.toUpperCase()} ${url}`, sent[0]] as const] : []
  })
)

/** A partner that the body names is checked once the body is read. */
function withoutPartner(name: string, value: unknown): unknown {
  return name === 'partner_account' ? undefined : value
}

/** Returns a body that the route takes; the empty object if it takes none. */
function exampleOf({ method, url }: Route): Sent {
  return examples.get(`${method} ${url.replace('/tmf-api/', '/')}`) ?? [JSON_TYPE, '{}']
}

/** Returns status and message. */
async function answerTo(route: Route, headers: Readonly<Record<string, string>>, [type, payload]: Sent) {
  const { statusCode, body } = await server.app.inject({
    method: route.method as 'POST',
    url: pathTo(route, NOBODY),
    headers: { ...headers, 'content-type': type },
    payload
  })
  return `${statusCode} ${parsed(body).message}`
}
