import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CustomerContext } from '../../src/auth/customers/context.ts'
import { resetJobs } from '../../src/auth/customers/reset.ts'
import { unseal } from '../../src/base/secret-keys.ts'
import { sql } from '../../src/db/sql.ts'
import { contentOf } from '../../src/mail/queue.ts'
import { secrets } from '../support/config.ts'
import { KEYS, type PlainDatabase, TENANT } from '../support/database.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { type PartnerWorld, startPartnerWorld } from './world.ts'

export const ROOT = 'https://bills.test'
export const ORIGIN = { address: '192.0.2.7' }
export const PASSWORD = 'correct horse battery'

export const REALM = { tenantId: TENANT, partnerId: undefined }

export interface Registered {
  readonly customer: string
  readonly account_number: string
  readonly code: string
  readonly [member: string]: unknown
}

export interface SentMail {
  readonly kind: string
  readonly to: string
  readonly language: string
  readonly name: string
  readonly code: string
  readonly url: string
}

export interface CustomerWorld extends PartnerWorld {
  readonly context: CustomerContext
  /** The answer of the verifier; with the status 0 it gives none, and with 1 it hangs up. */
  readonly verifier: { answer: unknown; status: number; asked: URLSearchParams[] }
  /** Registers by the method. */
  register(email: string, more?: object, headers?: object): Promise<Reply>
  /** Registers, and reads the code of the mail. */
  registered(email: string, more?: object, headers?: object): Promise<Registered>
  /** Changes of a type of resource, the latest first. */
  auditOf(type: string): Promise<readonly Record<'action' | 'actor' | 'id' | 'after', string | null | undefined>[]>
  /** Mails to an address, the latest first. */
  mails(to: string): Promise<readonly SentMail[]>
  /** Does the waiting jobs of password resets. */
  doResets(): Promise<void>
  /** Moves what expires into the past. */
  expire(table: string, by: string): Promise<void>
}

/** Starts a server whose captchas are verified by a local server, with a public address. */
export async function startCustomerWorld(publicUrl = ROOT): Promise<CustomerWorld> {
  const verifier: CustomerWorld['verifier'] = { answer: { success: true }, status: 200, asked: [] }
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      verifier.asked.push(new URLSearchParams(body))
      if (verifier.status === 0) return
      if (verifier.status === 1) return void request.socket.destroy()
      const text = typeof verifier.answer === 'string' ? verifier.answer : JSON.stringify(verifier.answer)
      response.writeHead(verifier.status, { 'content-type': 'application/json' }).end(text)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const env = { PUBLIC_URL: publicUrl, CAPTCHA_VERIFY_URL: `http://127.0.0.1:${port}/siteverify` }
  const world = await startPartnerWorld(env)
  const { database } = world
  const of = { database, clock: database.clock, newId: database.newId, secrets, root: () => ROOT }
  const limits = { network: 60, address: 10, partner: 600 }
  const context = { ...of, limits, captchaUrl: env.CAPTCHA_VERIFY_URL }
  const register: CustomerWorld['register'] = (email, more = {}, headers = {}) =>
    world.ask('POST', 'customer', { email, name: 'Ada Lovelace', password: PASSWORD, ...more }, headers)
  for (const token of Object.values(KEYS)) await setCaptcha(world, { provider: 'off' }, { token })
  return {
    ...world,
    context,
    register,
    registered: async (email, more, headers) => {
      const { status, body, text } = await register(email, more, headers)
      if (status !== 200) throw new Error(text)
      const [mail] = await mailsTo(database, email)
      return { ...Object(body.data), code: String(mail?.code) }
    },
    auditOf: async (type) => {
      const { rows } = await database.run(sql`SELECT "action", "actor_type", "resource_id", "after" FROM "audit"
        WHERE "resource_type" = ${type} ORDER BY "id" DESC`)
      return rows.map(([action, actor, id, after]) => ({ action, actor, id, after }))
    },
    verifier,
    mails: (to) => mailsTo(database, to),
    doResets: async () => {
      const { rows } = await database.run(sql`DELETE FROM "graphile_worker"."_private_jobs"
        WHERE "key" LIKE 'resetCustomerPassword %' RETURNING "payload"`)
      const [task] = resetJobs(context).tasks.values()
      for (const [payload] of rows) await task?.(JSON.parse(String(payload)), { isLast: false })
    },
    expire: async (table, by) => {
      const columns = table === 'customer_session' ? '"seen_at", "expires_at"' : '"expires_at"'
      const moved = columns.replaceAll(/"(\w+)"/g, `"$1" = "$1" - interval '${by}'`)
      await database.query(`UPDATE "${table}" SET "created_at" = "created_at" - interval '${by}', ${moved}`)
    },
    close: async () => {
      http.close()
      http.closeAllConnections()
      await world.close()
    }
  }
}

/** Reads mails that wait, the latest first. */
export async function mailsTo(database: PlainDatabase, to: string): Promise<readonly SentMail[]> {
  const { rows } = await database.run(sql`SELECT "tenant_id", "id", "language", "content" FROM "mail"
    WHERE "recipient" = ${to} ORDER BY "id" DESC`)
  return rows.map(([tenant, id, language, content]) => {
    const text = unseal(secrets(), contentOf(String(tenant), String(id)), String(content))
    return { to, language: String(language), code: '', url: '', ...JSON.parse(text) }
  })
}

/** Sets the captcha of a tenant. */
export function setCaptcha(world: TestServer, setting: object, headers = {}) {
  return world.call('PUT', '/admin/v1/captcha', setting, headers)
}
