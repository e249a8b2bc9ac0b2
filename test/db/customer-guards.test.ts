import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addHeldAccount } from '../support/accounts.ts'
import { addPartner, createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { guard } from './guarded-world.ts'

const HASH = 'a'.repeat(64)
const ARGON = '$argon2id$v=19$x'

let store: TestDatabase
let partner: string
beforeAll(async () => {
  store = await createTestDatabase()
  await addHeldAccount(store.database, 'A-1')
  partner = await addPartner(store.database, TENANT, 'RESELLER')
  await store.database.run(signIn('one', 'ada@example.com'))
})
afterAll(() => store.drop())

function signIn(id: string, email: string, hash: string | null = null): Sql {
  return sql`INSERT INTO "customer_sign_in" ("tenant_id", "id", "customer_id", "email", "language", "password_hash",
      "created_at")
    SELECT ${TENANT}, ${id}, "customer_id", ${email}, 'en', ${hash}, now() FROM "billing_account" WHERE "id" = 'A-1'`
}

const code = (purpose: string, tries: number, hash: string) => sql`INSERT INTO "customer_code" ("tenant_id",
    "sign_in_id", "purpose", "code_hash", "tries", "created_at", "expires_at")
  VALUES (${TENANT}, 'one', ${purpose}, ${hash}, ${tries}, now(), now())`
const link = (hash: string, ofPartner: boolean) => sql`INSERT INTO "customer_link" ("tenant_id", "hash", "partner_id",
    "account_id", "created_at", "expires_at")
  VALUES (${TENANT}, ${hash}, ${ofPartner ? partner : null}, 'A-1', now(), now() + interval '1 minute')`
const session = (signInId: string | null, accountId: string | null) => sql`INSERT INTO "customer_session" ("tenant_id",
    "hash", "sign_in_id", "account_id", "created_at", "seen_at", "expires_at")
  VALUES (${TENANT}, ${HASH}, ${signInId}, ${accountId}, now(), now(), now() + interval '1 minute')`
const captcha = (provider: string, secret: string | null, score: number | null = null) => sql`INSERT INTO "captcha"
    ("tenant_id", "id", "provider", "site_key", "secret", "min_score", "last_update")
  VALUES (${TENANT}, 'c', ${provider}, ${secret}, ${secret}, ${score}, now())`

const KEEPS = '23000 customer_sign_in_keeps'

test.each<[string, () => Sql, string]>([
  ['an address in capitals', () => signIn('x', 'Ada@example.com'), '23514 customer_sign_in_email'],
  ['two addresses', () => signIn('x', 'a@b.de,c@d.de'), '23514 customer_sign_in_email'],
  ['an address twice', () => signIn('x', 'ada@example.com'), '23505 customer_sign_in_tenant_id_partner_id_email_key'],
  ['a plain password', () => signIn('x', 'x@b.de', 'secret'), '23514 customer_sign_in_password_hash'],
  ['another customer', () => sql`UPDATE "customer_sign_in" SET "customer_id" = 'x' WHERE "id" = 'one'`, KEEPS],
  ['a new address', () => sql`UPDATE "customer_sign_in" SET "email" = 'x@b.de' WHERE "id" = 'one'`, KEEPS],
  ['another partner', () => sql`UPDATE "customer_sign_in" SET "partner_id" = ${partner} WHERE "id" = 'one'`, KEEPS],
  ['a code for anything', () => code('any', 0, ARGON), '23514 customer_code_purpose'],
  ['a sixth try', () => code('reset', 6, ARGON), '23514 customer_code_tries'],
  ['a plain code', () => code('reset', 0, 'K7WQ2MXA'), '23514 customer_code_hash'],
  ['a plain token', () => link('token', false), '23514 customer_link_hash'],
  ['a link of a partner to an account of the provider', () => link(HASH, true), '23000 customer_account_of_partner'],
  ['a session of nobody', () => session(null, null), '23514 customer_session_of_one'],
  ['a session of two', () => session('one', 'A-1'), '23514 customer_session_of_one'],
  ['a captcha of nobody', () => captcha('other', 'x'), '23514 captcha_provider'],
  ['a captcha without a secret', () => captcha('turnstile', null), '23514 captcha_provider'],
  ['a score of no captcha', () => captcha('off', null, 0.5), '23514 captcha_min_score']
])('the database refuses %s', async (_, statement, refusal) => {
  expect(await store.database.run(statement()).then(() => 'done', guard)).toBe(refusal)
})

test('a confirmed address stays confirmed', async () => {
  await store.database.run(sql`UPDATE "customer_sign_in" SET "confirmed_at" = now() WHERE "id" = 'one'`)
  const undone = store.database.run(sql`UPDATE "customer_sign_in" SET "confirmed_at" = NULL WHERE "id" = 'one'`)
  expect(await undone.then(() => 'done', guard)).toBe(KEEPS)
})
