import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPartner, OTHER_TENANT, TENANT } from '../support/database.ts'
import { addClient, addUser, ENCODED_PASSWORD, PASSWORD } from './people.ts'
import { basic, type Form, type Sending, startTokenServer, type TokenServer } from './token-server.ts'

const SECRET = 'a secret of a client'
const CLIENT = { client_id: TENANT, client_secret: SECRET }
const BY_CLIENT = { grant_type: 'client_credentials' }
const BY_PASSWORD = { grant_type: 'password', username: 'admin', password: ENCODED_PASSWORD }

let server: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  const { database } = server
  const partnerId = await addPartner(database, TENANT, 'P-1')
  const own = { tenantId: TENANT, secret: SECRET }
  await addClient(database, { ...own, clientId: TENANT })
  await addClient(database, { ...own, clientId: 'plain', passwordEncoding: 'plain' })
  await addClient(database, { ...own, clientId: 'narrow', scope: ['bill:read', 'bill:write'] })
  await addClient(database, { ...own, clientId: 'refreshing', refreshesClientCredentials: true })
  await addClient(database, { ...own, clientId: 'one-grant', grantTypes: ['client_credentials'] })
  await addClient(database, { ...own, clientId: 'no-refresh', grantTypes: ['password'] })
  await addClient(database, { ...own, clientId: 'of-partner', partnerId })
  await addClient(database, { tenantId: TENANT, clientId: 'public', grantTypes: ['refresh_token', 'password'] })
  await addClient(database, { tenantId: OTHER_TENANT, clientId: OTHER_TENANT, secret: SECRET })
  await addUser(database, { tenantId: TENANT, username: 'admin' })
  await addUser(database, { tenantId: TENANT, username: 'reader', scope: ['bill:read', 'account:read'] })
  await addUser(database, { tenantId: TENANT, username: 'partner1', partnerId })
})
afterAll(() => server.close())

describe('a token', () => {
  test.each<[string, Form, Sending]>([
    ['by password, all in the body', { ...CLIENT, ...BY_PASSWORD, scope: 'trust' }, {}],
    ['by password, all in the query', {}, { query: { ...CLIENT, ...BY_PASSWORD, scope: 'trust' } }],
    ['by password, all in the query, without a body', {}, { query: { ...CLIENT, ...BY_PASSWORD }, payload: '' }],
    ['by password, some in the query', { ...BY_PASSWORD }, { query: { ...CLIENT, scope: 'trust' } }],
    ['by password, the client by HTTP Basic', BY_PASSWORD, { headers: basic(TENANT, SECRET) }],
    ['by password, encoded differently', { ...CLIENT, ...BY_PASSWORD, client_id: 'plain', password: PASSWORD }, {}],
    ['by client credentials', { ...CLIENT, ...BY_CLIENT }, {}],
    ['by client credentials in the query', {}, { query: { ...CLIENT, ...BY_CLIENT } }],
    ['by client credentials by HTTP Basic', BY_CLIENT, { headers: basic(TENANT, SECRET) }],
    ['with parameters that mean nothing, and empty ones', { ...CLIENT, ...BY_CLIENT, more: '1', scope: '' }, {}],
    [
      'with a charset of the form',
      { ...CLIENT, ...BY_CLIENT },
      { headers: { 'content-type': `${FORM}; charset=UTF-8` } }
    ],
    ['under the second path', { ...CLIENT, ...BY_CLIENT }, { path: '/oauth2/token' }],
    ['under the second path with a slash', { ...CLIENT, ...BY_CLIENT }, { path: '/oauth2/token/' }],
    ['under the first path with a slash', { ...CLIENT, ...BY_CLIENT }, { path: '/oauth/token/' }]
  ])('is issued %s', async (_, form, sending) => {
    const { status, headers, body } = await server.post(form, sending)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'trust' })
    expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
    expect(await server.open(body.access_token)).toBe(200)
  })

  test.each([
    ['password', TENANT, true],
    ['password', 'no-refresh', false],
    ['client_credentials', TENANT, false],
    ['client_credentials', 'refreshing', true],
    ['client_credentials', 'one-grant', false]
  ])('by %s of the client %s comes with a refresh token: %s', async (grant, clientId, isRefreshed) => {
    const form = { ...CLIENT, ...BY_PASSWORD, grant_type: grant, client_id: clientId }
    const { status, body } = await server.post(form)
    expect([status, 'refresh_token' in body]).toEqual([200, isRefreshed])
  })

  test.each<[string, string, string | undefined, string | undefined]>([
    // client, user (none: the client itself), requested, granted (none: invalid_scope)
    [TENANT, 'admin', undefined, 'trust'],
    [TENANT, 'admin', 'trust', 'trust'],
    [TENANT, 'admin', 'bill:read', 'bill:read'],
    [TENANT, 'admin', 'bill:write bill:read', 'bill:write bill:read'],
    [TENANT, 'admin', 'bill:read bill:read', 'bill:read'],
    [TENANT, 'admin', 'bill:raed', undefined],
    [TENANT, 'admin', 'bill:read unknown', undefined],
    [TENANT, 'admin', 'TRUST', undefined],
    [TENANT, 'reader', undefined, 'bill:read account:read'],
    [TENANT, 'reader', 'trust', undefined],
    [TENANT, 'reader', 'bill:read', 'bill:read'],
    [TENANT, 'reader', 'bill:write', undefined],
    ['narrow', 'admin', undefined, 'bill:read bill:write'],
    ['narrow', 'admin', 'trust', undefined],
    ['narrow', 'admin', 'bill:write', 'bill:write'],
    ['narrow', 'reader', undefined, 'bill:read'],
    ['narrow', 'reader', 'account:read', undefined],
    ['narrow', 'reader', 'bill:read bill:write', undefined],
    ['narrow', '', undefined, 'bill:read bill:write'],
    ['narrow', '', 'bill:read', 'bill:read'],
    ['narrow', '', 'bill:read admin', undefined],
    [TENANT, '', 'admin', 'admin'],
    [TENANT, 'partner1', 'trust', 'trust'],
    ['of-partner', 'partner1', 'trust', 'trust'],
    ['of-partner', '', 'trust', 'trust']
  ])('for %s and %s with the scope %s is granted %s', async (clientId, username, wanted, granted) => {
    const grant = username ? { ...BY_PASSWORD, username } : BY_CLIENT
    const { body } = await server.post({ ...CLIENT, ...grant, client_id: clientId, ...(wanted && { scope: wanted }) })
    if (granted === undefined) expect(body.error).toBe('invalid_scope')
    else expect(body.scope).toBe(granted)
  })

  test('opens what its scope says and nothing else', async () => {
    const { body } = await server.post({ ...CLIENT, ...BY_CLIENT, scope: 'bill:read' })
    const headers = { authorization: `Bearer ${body.access_token}` }
    const payload = { name: 'March' }
    const url = '/customerBillManagement/v4/billCycle'
    expect((await server.app.inject({ url, headers })).statusCode).toBe(200)
    expect((await server.app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(403)
    expect((await server.app.inject({ url: '/admin/v1/partner', headers })).statusCode).toBe(403)
  })

  test.each([
    ['a user of a partner', { ...CLIENT, ...BY_PASSWORD, username: 'partner1', scope: 'trust' }],
    ['a client of a partner', { ...CLIENT, ...BY_CLIENT, client_id: 'of-partner', scope: 'trust' }]
  ])('with trust for %s is good for all of that partner, and for nothing of the provider', async (_, form) => {
    const { body } = await server.post(form)
    const url = '/customerBillManagement/v4/billCycle'
    const headers = { authorization: `Bearer ${body.access_token}` }
    const made = await server.app.inject({ method: 'POST', url, headers, payload: { name: 'Own' } })
    expect(made.statusCode).toBe(201)
    const provider = await server.post({ ...CLIENT, ...BY_CLIENT })
    const all = { authorization: `Bearer ${provider.body.access_token}` }
    const other = await server.app.inject({ method: 'POST', url, headers: all, payload: { name: 'Provider' } })
    expect((await server.app.inject({ url: `${url}/${made.json().id}`, headers })).statusCode).toBe(200)
    expect((await server.app.inject({ url: `${url}/${other.json().id}`, headers })).statusCode).toBe(404)
    expect((await server.app.inject({ url: '/admin/v1/partner', headers })).statusCode).toBe(403)
    expect(JSON.parse(atob(String(body.access_token.split('.')[1]))).partner).toMatch(/^[0-9A-Z]{26}$/)
  })
})

const FORM = 'application/x-www-form-urlencoded'

describe('a token request is refused', () => {
  const good = { ...CLIENT, ...BY_PASSWORD }
  const pairs = (form: Form) => Object.entries(form)
  const long = 'x'.repeat(20_000)
  test.each<[string, Form, Sending, number, string]>([
    ['with a wrong password', { ...good, password: ENCODED_PASSWORD.replace(/^./, 'x') }, {}, 400, 'invalid_grant'],
    ['with the password itself where it is to be encoded', { ...good, password: PASSWORD }, {}, 400, 'invalid_grant'],
    ['with an encoded one where the password is to be sent', { ...good, client_id: 'plain' }, {}, 400, 'invalid_grant'],
    ['with an upper-case hash', { ...good, password: ENCODED_PASSWORD.toUpperCase() }, {}, 400, 'invalid_grant'],
    ['for an unknown user', { ...good, username: 'nobody' }, {}, 400, 'invalid_grant'],
    ['for a user of another tenant', { ...good, client_id: OTHER_TENANT }, {}, 400, 'invalid_grant'],
    ['for a user of the provider by a partner', { ...good, client_id: 'of-partner' }, {}, 400, 'invalid_grant'],
    ['for an unknown client', { ...good, client_id: 'nobody' }, {}, 401, 'invalid_client'],
    ['with a wrong secret', { ...good, client_secret: 'wrong' }, {}, 401, 'invalid_client'],
    ['with a wrong secret by HTTP Basic', BY_PASSWORD, { headers: basic(TENANT, 'wrong') }, 401, 'invalid_client'],
    ['with a broken Authorization', BY_PASSWORD, { headers: { authorization: 'Basic !' } }, 401, 'invalid_client'],
    [
      'with a Bearer instead of a client',
      BY_PASSWORD,
      { headers: { authorization: 'Bearer x' } },
      401,
      'invalid_client'
    ],
    ['without a client', BY_PASSWORD, {}, 401, 'invalid_client'],
    ['without a secret', { ...BY_PASSWORD, client_id: TENANT }, {}, 401, 'invalid_client'],
    ['with a secret of a client that has none', { ...good, client_id: 'public' }, {}, 401, 'invalid_client'],
    ['by password of a client without a secret', { ...BY_PASSWORD, client_id: 'public' }, {}, 401, 'invalid_client'],
    ['with Basic and a secret', good, { headers: basic(TENANT, SECRET) }, 400, 'invalid_request'],
    [
      'with Basic and the id of another client',
      { ...BY_CLIENT, client_id: 'plain' },
      { headers: basic(TENANT, SECRET) },
      400,
      'invalid_request'
    ],
    ['without a grant', CLIENT, {}, 400, 'invalid_request'],
    [
      'with an unknown grant',
      { ...CLIENT, grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
      {},
      400,
      'unsupported_grant_type'
    ],
    ['with a grant named after nothing', { ...CLIENT, grant_type: 'constructor' }, {}, 400, 'unsupported_grant_type'],
    ['with a grant that the client has not', { ...good, client_id: 'one-grant' }, {}, 400, 'unauthorized_client'],
    ['without a username', { ...CLIENT, grant_type: 'password', password: 'x' }, {}, 400, 'invalid_request'],
    ['without a password', { ...CLIENT, grant_type: 'password', username: 'admin' }, {}, 400, 'invalid_request'],
    ['without a refresh token', { ...CLIENT, grant_type: 'refresh_token' }, {}, 400, 'invalid_request'],
    [
      'with an unknown refresh token',
      { ...CLIENT, grant_type: 'refresh_token', refresh_token: 'x' },
      {},
      400,
      'invalid_grant'
    ],
    ['with a parameter twice', [...pairs(good), ['username', 'admin']], {}, 400, 'invalid_request'],
    ['with an empty parameter twice', [...pairs(good), ['scope', ''], ['scope', '']], {}, 400, 'invalid_request'],
    [
      'with a parameter in body and query',
      good,
      { query: { scope: 'trust' }, payload: `${new URLSearchParams(good)}&scope=trust` },
      400,
      'invalid_request'
    ],
    [
      'with many parameters',
      [...pairs(good), ...Array.from({ length: 50 }, (_, at) => [`p${at}`, 'x'] as const)],
      {},
      400,
      'invalid_request'
    ],
    ['with a long parameter', { ...good, username: long.slice(0, 5_000) }, {}, 400, 'invalid_request'],
    ['with 20 kB', { ...good, username: long }, {}, 413, 'invalid_request'],
    [
      'as JSON',
      {},
      { payload: JSON.stringify(good), headers: { 'content-type': 'application/json' } },
      415,
      'invalid_request'
    ],
    ['as plain text', {}, { payload: 'x', headers: { 'content-type': 'text/plain' } }, 415, 'invalid_request'],
    ['with nothing at all', {}, { payload: '' }, 401, 'invalid_client']
  ])('%s', async (_, form, sending, status, error) => {
    for (const path of ['/oauth/token', '/oauth2/token/']) {
      const { status: found, headers, body } = await server.post(form, { ...sending, path })
      expect([found, body.error], JSON.stringify(body)).toEqual([status, error])
      expectFailure(headers, body)
      expect(headers['www-authenticate']).toBe(status === 401 ? 'Basic realm="tmf678", charset="UTF-8"' : undefined)
    }
  })

  test('alike for an unknown user and a wrong password', async () => {
    const answers = [{ username: 'nobody' }, { password: '0'.repeat(64) }].map((wrong) =>
      server.post({ ...good, ...wrong })
    )
    const [unknown, wrong] = await Promise.all(answers)
    expect(unknown?.body).toEqual(wrong?.body)
  })

  test('with another method, which is the same for everybody', async () => {
    const { status, headers, body } = await server.post({}, { method: 'GET', query: good, payload: '' })
    expect([status, headers.allow, body.code]).toEqual([405, 'POST', '61'])
  })

  test('in the query where that is switched off, in the body it is not', async () => {
    const strict = await server.another({ OAUTH_QUERY_CREDENTIALS: 'false' })
    for (const query of [good, { scope: 'trust' }]) {
      const { status, headers, body } = await strict.post(good, { query, payload: '' })
      expect([status, body.error]).toEqual([400, 'invalid_request'])
      expectFailure(headers, body)
    }
    expect((await strict.post(good)).status).toBe(200)
    await strict.close()
  })
})

function expectFailure(headers: Readonly<Record<string, unknown>>, body: object): void {
  expect(Object.keys(body).sort()).toEqual(['error', 'error_code', 'error_description', 'error_uri'])
  expect(Object.values(body).every((text) => typeof text === 'string' && text !== '')).toBe(true)
  expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
}
