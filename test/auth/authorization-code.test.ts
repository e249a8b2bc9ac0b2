import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { BASE } from '../support/server.ts'
import { type Changes, type Portal, SECRET, startPortal } from './portal.ts'

const LIFETIME_MS = 60_000
const BACKEND = { client_id: 'backend' }
const BACKEND_SECRET = { ...BACKEND, client_secret: SECRET }

let portal: Portal
beforeAll(async () => {
  portal = await startPortal()
})
afterAll(() => portal.drop())
beforeEach(() => portal.database.run(sql`DELETE FROM "sign_in_attempt"`))

async function statusWith(token: string): Promise<number> {
  // Longer than an admission is remembered.
  portal.turn(5_000)
  const headers = { authorization: `Bearer ${token}` }
  return (await portal.app.inject({ url: `${BASE}/customerBill`, headers })).statusCode
}

describe('a code', () => {
  test('of a public client is traded for a token that opens what was asked for', async () => {
    const answer = await portal.trade(await portal.code())
    expect(answer.statusCode).toBe(200)
    const token = answer.json<Record<string, string>>()
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'bill:read', expires_in: 3600 })
    expect(token.refresh_token).toMatch(/^[\w-]{43}$/)
    expect(await statusWith(String(token.access_token))).toBe(200)
  })

  test('of a confidential client is traded with its secret', async () => {
    const answer = await portal.trade(await portal.code(BACKEND), BACKEND_SECRET)
    expect(answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'bill:read' })
  })

  test('without a scope is for all that client and user have in common', async () => {
    const answer = await portal.trade(await portal.code({ scope: undefined }))
    expect(answer.json()).toMatchObject({ scope: 'bill:read bill:write' })
  })

  test('works until a minute is over', async () => {
    const code = await portal.code()
    portal.turn(LIFETIME_MS - 1)
    expect((await portal.trade(code)).statusCode).toBe(200)
  })

  test('does not work when a minute is over', async () => {
    const code = await portal.code()
    portal.turn(LIFETIME_MS)
    const answer = await portal.trade(code)
    expect([answer.statusCode, parsed(answer.body).error]).toEqual([400, 'invalid_grant'])
  })

  test('works once; used again, it takes back the tokens it was traded for', async () => {
    const code = await portal.code()
    const { access_token, refresh_token } = parsed((await portal.trade(code)).body)
    expect(await statusWith(access_token)).toBe(200)
    const again = await portal.trade(code)
    expect([again.statusCode, parsed(again.body).error]).toEqual([400, 'invalid_grant'])
    expect(await statusWith(access_token)).toBe(401)
    const refresh = { grant_type: 'refresh_token', refresh_token, code_verifier: undefined, redirect_uri: undefined }
    expect(parsed((await portal.trade('', refresh)).body).error).toBe('invalid_grant')
  })

  const cases: readonly (readonly [string, Changes, Changes, number])[] = [
    ['a wrong verifier', {}, { code_verifier: 'b'.repeat(64) }, 400],
    ['a verifier that is too short', {}, { code_verifier: 'a' }, 400],
    ['no verifier', {}, { code_verifier: undefined }, 400],
    ['another redirect URI', {}, { redirect_uri: 'https://portal.example.com/other' }, 400],
    ['no redirect URI', {}, { redirect_uri: undefined }, 400],
    ['another client', {}, BACKEND_SECRET, 400],
    ['a confidential client without its secret', BACKEND, BACKEND, 401],
    ['a confidential client with a wrong secret', BACKEND, { ...BACKEND, client_secret: 'wrong' }, 401],
    ['a public client with a secret', {}, { client_secret: SECRET }, 401]
  ]

  test.each(cases)('is not traded with %s', async (_, asked, traded, status) => {
    const code = await portal.code(asked)
    const answer = await portal.trade(code, traded)
    expect(answer.statusCode).toBe(status)
    expect(parsed(answer.body)).not.toHaveProperty('access_token')
  })

  test('is used up by a wrong verifier', async () => {
    const code = await portal.code()
    await portal.trade(code, { code_verifier: 'b'.repeat(64) })
    expect(parsed((await portal.trade(code)).body).error).toBe('invalid_grant')
  })

  test('stays good when another client tries it', async () => {
    const code = await portal.code()
    expect(parsed((await portal.trade(code, BACKEND_SECRET)).body).error).toBe('invalid_grant')
    expect((await portal.trade(code)).statusCode).toBe(200)
  })
})
