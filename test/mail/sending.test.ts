import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { fileTransport, smtpTransport } from '../../src/mail/transport.ts'
import { plainLogoUri } from '../documents/logo.ts'
import { CERTIFICATE } from '../events/certificate.ts'
import { createTestDatabase, TENANT, type TestDatabase } from '../support/database.ts'
import { FROM, type MailServer, queued, RESET, send, startMailServer, stateOf, written } from './mail-world.ts'

const AUTH = { user: 'mailer', pass: 'the password of the mail server' }
const TLS = { ca: CERTIFICATE.cert, servername: 'receiver.example' }
const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-mail-'))
let store: TestDatabase
const servers: MailServer[] = []
beforeAll(async () => {
  store = await createTestDatabase()
  await store.database.run(sql`INSERT INTO "partner" ("tenant_id", "id", "account_number", "name", "last_update")
    VALUES (${TENANT}, 'p', 'P-1', 'Ünited Phones', now())`)
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  await store.drop()
  rmSync(folder, { recursive: true })
})

async function serve(options: SMTPServerOptions): Promise<MailServer> {
  const server = await startMailServer({ ...CERTIFICATE, ...options })
  servers.push(server)
  return server
}

const settings = (port: number, isSecure = false) => ({
  host: '127.0.0.1',
  port,
  isSecure,
  requiresTls: true,
  auth: AUTH
})
const taking: SMTPServerOptions = {
  onAuth: ({ username, password }, _, done) =>
    done(password === AUTH.pass ? null : new Error('unknown'), { user: username })
}

test.each([
  ['STARTTLS', false],
  ['TLS', true]
])('a mail is sent over %s, once, and forgets its code', async (_, isSecure) => {
  const server = await serve({ ...taking, secure: isSecure })
  const transport = smtpTransport(settings(server.port, isSecure), TLS)
  const id = await queued(store.database)
  await Promise.all([send(store.database, transport, id), send(store.database, transport, id)])
  await send(store.database, transport, id)
  await transport.close()
  expect(server.received).toMatchObject([{ to: [RESET.to], isSecure: true, user: AUTH.user }])
  expect(server.received[0]?.text).toContain(`Message-ID: <${id}@bills.test>`)
  expect(await stateOf(store.database, id)).toEqual({ state: 'sent', content: null, failure: null })
  const audit = await store.database.run(sql`SELECT "action", "actor_id", "after" FROM "audit"
    WHERE "resource_id" = ${id} ORDER BY "id"`)
  expect(audit.rows.map(([action, actor]) => [action, actor])).toEqual([
    ['create', 'shop'],
    ['send', 'mail']
  ])
  expect(JSON.stringify(audit.rows)).not.toContain('K7WQ2MXA')
})

test.each<[string, SMTPServerOptions, 'waiting' | 'failed', RegExp]>([
  ['its server knows no such mailbox', { ...taking, onRcptTo: refusing(550) }, 'failed', /^EENVELOPE: 550/],
  ['its server has no time', { ...taking, onRcptTo: refusing(451) }, 'waiting', /^EENVELOPE: 451/],
  ['its server offers no TLS', { ...taking, disabledCommands: ['STARTTLS'] }, 'waiting', /^E(TLS|SOCKET|PROTOCOL)/],
  ['its server does not know us', { onAuth: (_a, _b, done) => done(new Error('no')) }, 'waiting', /^EAUTH/]
])('a mail waits for another try, or has failed, if %s', async (_, options, state, reason) => {
  const server = await serve(options)
  const transport = smtpTransport(settings(server.port), TLS)
  const id = await queued(store.database)
  await expect(send(store.database, transport, id)).rejects.toThrow(reason)
  expect(await stateOf(store.database, id)).toMatchObject({ state })
  await send(store.database, transport, id, true).catch(() => undefined)
  const { content, failure, ...ended } = await stateOf(store.database, id)
  expect(ended).toEqual({ state: 'failed' })
  expect(content).toBeNull()
  expect(failure).toMatch(reason)
  expect(failure).not.toContain(AUTH.pass)
  await transport.close()
  expect(server.received).toEqual([])
})

function refusing(responseCode: number) {
  return (_a: unknown, _b: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error('Not now'), { responseCode }))
}

test('a mail whose server was away is sent by the next try', async () => {
  const away = await startMailServer({ ...CERTIFICATE, ...taking })
  await away.close()
  const id = await queued(store.database)
  const unreachable = smtpTransport(settings(away.port), TLS)
  await expect(send(store.database, unreachable, id)).rejects.toThrow(/ECONN|ESOCKET/)
  await unreachable.close()
  expect(await stateOf(store.database, id)).toMatchObject({ state: 'waiting', failure: null })
  await send(store.database, fileTransport(folder), id)
  expect(readdirSync(folder)).toContain(`${id}.eml`)
})

test('an unverified certificate gets no mail', async () => {
  const server = await serve(taking)
  const transport = smtpTransport(settings(server.port))
  const id = await queued(store.database)
  await expect(send(store.database, transport, id)).rejects.toThrow(/ETLS|ESOCKET|self.signed/)
  await transport.close()
  expect(server.received).toEqual([])
})

test('a mail to a customer of a partner has the name of the partner', async () => {
  const text = await written(store.database, folder, { ...RESET, partnerId: 'p' })
  expect(text).toContain(`From: =?UTF-8?Q?=C3=9Cnited_Phones?= <${FROM}>`)
})

test('a mail brings the logo and the colour of the tenant along, where it can be read', async () => {
  const branding = { logo: plainLogoUri(40, 20), colour: '#ffee00' }
  await store.database.run(sql`UPDATE "tenant" SET "branding" = ${JSON.stringify(branding)} WHERE "id" = ${TENANT}`)
  const text = (await written(store.database, folder, RESET)).replaceAll('=\r\n', '')
  expect(text).toContain('src=3D"cid:logo"')
  expect(text).toContain('Content-ID: <logo>')
  expect(text).toContain('border-top:6px solid #ffee00')
  // White on yellow could not be read.
  expect(text).toContain('background:#1a1a1a;color:#ffffff')
  await store.database.run(sql`UPDATE "tenant" SET "branding" = NULL`)
})

test.each([
  ['en', 'You have asked demo for a new password'],
  ['de', 'Sie haben bei demo ein neues Passwort angefordert'],
  ['fr', 'Vous avez demand=C3=A9 un nouveau mot de passe aupr=C3=A8s de demo']
] as const)('a mail in %s says the same as text and as HTML', async (language, words) => {
  const text = (await written(store.database, folder, { ...RESET, language })).replaceAll('=\r\n', '')
  expect(text.split(words)).toHaveLength(3)
  expect(text.split('K7WQ2MXA')).toHaveLength(3)
  expect(text).toContain(`lang=3D"${language}"`)
  expect(text).not.toMatch(/src=3D"http|password=/)
})

test('no name of a customer or a partner becomes a header or markup', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...NASTY)), async (raw) => {
      const name = raw.replaceAll('\0', '').toWellFormed()
      const { rowCount } = await store.database.run(sql`UPDATE "partner" SET "name" = ${name} WHERE "id" = 'p'`)
      expect(rowCount).toBe(1)
      const text = await written(store.database, folder, { ...RESET, partnerId: 'p', name })
      const [head = ''] = text.split('\r\n\r\n')
      const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
      expect(headers.map((line) => /^[\w-]+(?=: )/.exec(line)?.[0]).sort()).toEqual(HEADERS)
      expect(headers.filter((line) => line.startsWith('To: '))).toEqual(['To: ada@example.com'])
      expect(headers.find((line) => line.startsWith('From: '))).toMatch(new RegExp(`(^From: |<)${FROM}>?$`))
      const [, markup] = text.replaceAll('=\r\n', '').split('<!doctype html>')
      expect(markup).toEqual(expect.stringContaining('</html>'))
      expect(markup).not.toMatch(/<script|<img src=3D"http/)
    }),
    { numRuns: 30 }
  )
})

const NASTY = [
  'Eve\r\nBcc: eve@example.com',
  '"><script>x</script>',
  '<img src="http://x">',
  'a, b@c.example',
  '{code}'
]
const HEADERS = ['Auto-Submitted', 'Content-Type', 'Date', 'From', 'MIME-Version', 'Message-ID', 'Subject', 'To']
