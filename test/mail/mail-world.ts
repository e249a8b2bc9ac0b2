import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { sql } from '../../src/db/sql.ts'
import { type NewMail, queueMail } from '../../src/mail/queue.ts'
import { mailJobs } from '../../src/mail/tasks.ts'
import { fileTransport, type Transport } from '../../src/mail/transport.ts'
import { secrets } from '../support/config.ts'
import { type PlainDatabase, TENANT } from '../support/database.ts'

export const FROM = 'no-reply@bills.test'
export const RESET: NewMail = {
  kind: 'resetPassword',
  name: 'Ada Lovelace',
  code: 'K7WQ2MXA',
  url: 'https://bills.test/portal/reset?tenant=demo',
  partnerId: undefined,
  to: 'ada@example.com',
  language: 'en'
}

/** Stores a mail as a request does. Returns its id. */
export async function queued(database: PlainDatabase, mail: NewMail = RESET): Promise<string> {
  const author = { tenantId: TENANT, actor: { type: 'client', id: 'shop', name: 'shop' } } as const
  const { newId, clock } = database
  await database.transaction((tx) => queueMail(tx, { author, newId, clock, secrets }, mail))
  const { rows } = await database.run(sql`SELECT "id" FROM "mail" ORDER BY "id" DESC LIMIT 1`)
  return String(rows[0]?.[0])
}

/** Runs the job of a mail once. */
export async function send(database: PlainDatabase, transport: Transport, id: string, isLast = false): Promise<void> {
  const { newId, clock } = database
  const { tasks } = mailJobs({ database, newId, clock, secrets, transport, from: FROM })
  await tasks.get('sendMail')?.({ tenantId: TENANT, mailId: id }, { isLast })
}

export async function stateOf(database: PlainDatabase, id: string) {
  const { rows } = await database.run(sql`SELECT "state", "content", "failure" FROM "mail" WHERE "id" = ${id}`)
  const [state, content, failure] = rows[0] ?? []
  return { state, content, failure }
}

/** Sends a mail to a file and returns its text. */
export async function written(database: PlainDatabase, folder: string, mail: NewMail): Promise<string> {
  const id = await queued(database, mail)
  await send(database, fileTransport(folder), id)
  return readFileSync(`${folder}/${id}.eml`, 'utf8')
}

export interface Received {
  readonly to: readonly string[]
  readonly isSecure: boolean
  readonly user: unknown
  readonly text: string
}

export interface MailServer {
  readonly port: number
  readonly received: Received[]
  close(): Promise<void>
}

export async function startMailServer(options: SMTPServerOptions): Promise<MailServer> {
  const received: Received[] = []
  const server = new SMTPServer({
    logger: false,
    onData: (stream, { envelope, secure, user }, callback) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address)
        received.push({ to, isSecure: secure, user, text: Buffer.concat(parts).toString('utf8') })
        callback()
      })
    },
    ...options
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    close: () => new Promise((resolve) => server.close(() => resolve()))
  }
}
