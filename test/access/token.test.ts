import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsed } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'
import { addEverybody, BY_CLIENT, BY_PASSWORD, CLIENT, PASSWORD, SECRET } from './people.ts'
import { basic, type Form, type Sending, startTokenServer, type TokenServer } from './token-server.ts'

let server: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  await addEverybody(server.database)
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
      { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } }
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
    expect((await server.app.inject({ url: `${url}/${parsed(made.body).id}`, headers })).statusCode).toBe(200)
    expect((await server.app.inject({ url: `${url}/${parsed(other.body).id}`, headers })).statusCode).toBe(404)
    expect((await server.app.inject({ url: '/admin/v1/partner', headers })).statusCode).toBe(403)
    expect(parsed(atob(String(body.access_token.split('.')[1]))).partner).toMatch(/^[0-9A-Z]{26}$/)
  })
})
