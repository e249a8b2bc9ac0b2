import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basicCredentials } from '../../src/auth/oauth/request.ts'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { signInClient } from '../../src/auth/sign-in/sign-in.ts'
import type { Database } from '../../src/db/database.ts'
import { TENANT } from '../support/database.ts'
import { addClient, addEverybody, BY_PASSWORD, CLIENT } from './people.ts'
import { basic, startTokenServer, type TokenServer } from './token-server.ts'

/** Secrets that encoding changes, and one with a literal `%2B`. */
const SECRETS = ['se-cret_1', 'a+b/c=', 'with blank', 'colon:ed', '100%', '%2B', 'ü€', "!'()*~"]
const SCOPES = ['bill:read', 'bill:write']
const clientIdOf = (at: number) => `client.${at}`
const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)

let server: TokenServer
let issuer: oauth.AuthorizationServer
beforeAll(async () => {
  server = await startTokenServer()
  for (const [at, secret] of SECRETS.entries())
    await addClient(server.database, { tenantId: TENANT, clientId: clientIdOf(at), secret, scope: SCOPES })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  const address = server.app.server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const url = (path: string) => `${origin}/oauth/${path}`
  issuer = {
    issuer: origin,
    token_endpoint: url('token'),
    revocation_endpoint: url('revoke'),
    introspection_endpoint: url('introspect')
  }
})
afterAll(() => server.close())

const INSECURE = { [oauth.allowInsecureRequests]: true }

describe.each(SECRETS.map((secret, at) => ({ secret, at })))('the secret $secret', ({ secret, at }) => {
  const client = { client_id: clientIdOf(at) }

  test('opens token, introspection and revocation for a conforming client library', async () => {
    const shows = oauth.ClientSecretBasic(secret)
    const form = new URLSearchParams({ scope: 'bill:read bill:write' })
    const answer = await oauth.clientCredentialsGrantRequest(issuer, client, shows, form, INSECURE)
    const { access_token, scope } = await oauth.processClientCredentialsResponse(issuer, client, answer)
    expect(scope).toBe('bill:read bill:write')
    const asked = async () =>
      oauth.processIntrospectionResponse(
        issuer,
        client,
        await oauth.introspectionRequest(issuer, client, shows, access_token, INSECURE)
      )
    expect(await asked()).toMatchObject({ active: true, client_id: client.client_id })
    await oauth.processRevocationResponse(await oauth.revocationRequest(issuer, client, shows, access_token, INSECURE))
    expect(await asked()).toEqual({ active: false })
  })

  test('opens as it stands, too, as curl -u sends it', async () => {
    const sent = secret.replace(/[^\x20-\x7e]/g, '')
    if (sent !== secret) return
    const { status } = await server.post(
      { grant_type: 'client_credentials' },
      { headers: basic(client.client_id, secret) }
    )
    expect(status).toBe(200)
  })

  test.each(['wrong', `${encoded(secret)}%21`, encoded(encoded(`${secret}%`))])('is not %s', async (wrong) => {
    const sending = { headers: basic(client.client_id, wrong) }
    expect(await server.post({ grant_type: 'client_credentials' }, sending)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' }
    })
  })
})

test('the name of a client may be encoded as well, and its attempts count for one name', async () => {
  const name = '%63lient.0'
  const form = { grant_type: 'client_credentials' }
  expect((await server.post(form, { headers: basic(name, String(SECRETS[0])) })).status).toBe(200)
  expect(
    (await server.post({ ...form, client_id: 'client.0' }, { headers: basic(name, String(SECRETS[0])) })).status
  ).toBe(200)
  const guess = async (clientId: string) => {
    const headers = { ...basic(clientId, 'wrong') }
    return (await fetch(String(issuer.token_endpoint), { method: 'POST', headers, body: new URLSearchParams(form) }))
      .status
  }
  for (let at = 0; at < 6; at++) expect(await guess(at % 2 ? name : 'client.0')).toBe(401)
  expect(await guess('client.0')).toBe(429)
})

test('a reading that is wrong takes as many questions to the database as one that is right', async () => {
  const questions = async (secret: string) => {
    let count = 0
    const run: Database['run'] = (statement) => {
      count++
      return server.database.run(statement)
    }
    const counted = { ...server.database, run }
    const shown = basicCredentials(basic(clientIdOf(1), secret).authorization) ?? []
    const found = await signInClient({ database: counted, clock: () => '2026-01-01T00:00:00.000Z', address: '' }, shown)
    return { count, isFound: found !== undefined, readings: shown.length }
  }
  const right = await questions(encoded('a+b/c='))
  const raw = await questions('a+b/c=')
  expect([right, raw]).toEqual([right, { ...right }])
  expect(right).toMatchObject({ isFound: true, readings: 2 })
})

describe('other layers of encoding', () => {
  const GRANT = { client_id: 'client.0', client_secret: String(SECRETS[0]), grant_type: 'client_credentials' }

  test.each([
    ['application/x-www-form-urlencoded; charset=UTF-8', 200],
    ['application/x-www-form-urlencoded;charset="utf-8"', 200],
    ['application/x-www-form-urlencoded; charset=ISO-8859-1', 415]
  ])('a form of %s is %i', async (type, status) => {
    const answer = await server.post(GRANT, { headers: { 'content-type': type } })
    expect(answer.status).toBe(status)
  })

  test('what is no UTF-8 is refused instead of read as something else', async () => {
    const payload = `${new URLSearchParams(GRANT)}&scope=%E9`
    expect(await server.post({}, { payload })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'A parameter must be UTF-8' }
    })
  })

  test.each(['bill:read+bill:write', 'bill:read%20bill:write'])('the scopes %s are two', async (scope) => {
    const payload = `${new URLSearchParams(GRANT)}&scope=${scope}`
    expect(await server.post({}, { payload })).toMatchObject({ status: 200, body: { scope: 'bill:read bill:write' } })
  })

  test('a parameter that comes twice is refused', async () => {
    const payload = `${new URLSearchParams(GRANT)}&scope=bill:read&scope=bill:write`
    expect(await server.post({}, { payload })).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('a token in the query opens nothing (RFC 6750, section 2.3)', async () => {
    const { body } = await server.post(GRANT)
    const url = `/customerBillManagement/v4/customerBill?access_token=${body.access_token}`
    expect((await server.app.inject(url)).statusCode).toBe(401)
    expect(await server.open(body.access_token, 'customerBill')).toBe(200)
  })
})

test('a password that is not encoded is told so, whether the user exists or not', async () => {
  await addEverybody(server.database)
  const form = { ...CLIENT, ...BY_PASSWORD }
  const descriptions = []
  for (const username of [BY_PASSWORD.username, 'nobody']) {
    for (const password of ['demo', encodePassword('demo').toUpperCase()]) {
      const { status, body } = await server.post({ ...form, username, password })
      descriptions.push([status, body.error, body.error_description])
    }
  }
  expect(new Set(descriptions.map((each) => JSON.stringify(each))).size).toBe(1)
  expect(descriptions[0]?.[2]).toMatch(/this client is to send the password as its SHA-256 in lower-case hex$/)
  const { body } = await server.post({ ...form, password: encodePassword('wrong') })
  expect(body.error_description).toBe('Invalid grant: user credentials are invalid')
})
