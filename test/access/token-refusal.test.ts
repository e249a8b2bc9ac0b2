import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OTHER_TENANT, TENANT } from '../support/database.ts'
import { addEverybody, BY_CLIENT, BY_PASSWORD, CLIENT, ENCODED_PASSWORD, PASSWORD, SECRET } from './people.ts'
import { basic, expectFailure, type Form, type Sending, startTokenServer, type TokenServer } from './token-server.ts'

let server: TokenServer

beforeAll(async () => {
  server = await startTokenServer()
  await addEverybody(server.database)
})
afterAll(() => server.close())

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
