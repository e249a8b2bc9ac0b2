import { recordChange } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import { LANGUAGES } from '../base/language.ts'
import { type SecretKeys, unseal } from '../base/secret-keys.ts'
import { messageOf } from '../base/unknown.ts'
import type { FurtherJobs } from '../billing/jobs.ts'
import type { Database, Transaction } from '../db/database.ts'
import { oneOf, optional, rowOf, stated, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { issuerOf } from '../documents/content/issuer.ts'
import { isOutage } from '../jobs/outage.ts'
import { addJobs, hasNoJob } from '../jobs/queue.ts'
import type { Task } from '../jobs/runner.ts'
import { within } from '../pace/within.ts'
import { contentOf, MAIL_CONTENT, MAIL_TYPE, mailKey, SEND_MAIL } from './queue.ts'
import { LOGO_ID, renderMail } from './template.ts'
import { Refused, type Transport } from './transport.ts'

export interface SendingContext {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly secrets: () => SecretKeys
  readonly transport: Transport
  /** The address of the sender. */
  readonly from: string
}

/** A mail that takes longer is given up, and tried again. */
const SENDING_MAX_MS = 20_000
/** Longer than that: only a process that hangs loses its transaction. */
const IDLE_MAX = '30s'
const FAILURE_MAX = 300

export function mailJobs(context: SendingContext): FurtherJobs {
  const task: Task = async ({ tenantId, mailId }, { isLast }) => {
    const [tenant, id] = [String(tenantId), String(mailId)]
    await sendMail(context, tenant, id).catch(async (error: unknown) => {
      if (error instanceof Refused || (isLast && !isOutage(error))) {
        const failure = messageOf(error).slice(0, FAILURE_MAX)
        await context.database.transaction(async (tx) => {
          if (await lockWaiting(tx, tenant, id)) await end(tx, context, tenant, id, { state: 'failed', failure })
        })
      }
      throw error
    })
  }
  return { group: 'mails', tasks: new Map([[SEND_MAIL, task]]), recover: () => recoverMails(context.database) }
}

/** Has the mails sent whose jobs went with their process. */
async function recoverMails(database: Database): Promise<void> {
  const key = mailKey(sql`m."id"`)
  await database.transaction((tx) =>
    addJobs(
      tx,
      SEND_MAIL,
      sql`SELECT json_build_object('tenantId', m."tenant_id", 'mailId', m."id"), ${key}
        FROM "mail" m WHERE m."state" = 'waiting' AND ${hasNoJob(key)} FOR UPDATE OF m SKIP LOCKED`
    )
  )
}

/**
 * Sends a mail that waits, and notes it in the transaction that locks it. Of two jobs the second finds it sent. A
 * process that dies between the server's answer and the commit leaves it waiting: it is sent again, with the same
 * Message-ID.
 */
async function sendMail(context: SendingContext, tenantId: string, id: string): Promise<void> {
  const { database, transport } = context
  // Before the transaction: to decode a logo takes time.
  const message = await messageFor(context, tenantId, id)
  if (!message) return
  await database.transaction(async (tx) => {
    if (!(await lockWaiting(tx, tenantId, id))) return
    await tx.run(sql`SELECT set_config('idle_in_transaction_session_timeout', ${IDLE_MAX}, true)`)
    await inTime(transport.send(id, message))
    await end(tx, context, tenantId, id, { state: 'sent' })
  })
}

const WAITING = rowOf('mail', {
  partnerId: optional(text),
  recipient: text,
  language: oneOf(LANGUAGES),
  content: stated
})

async function messageFor({ database, secrets, from }: SendingContext, tenantId: string, id: string) {
  const { rows } = await database.run(sql`SELECT ${WAITING.columns} FROM "mail"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'waiting'`)
  const [mail] = rows.map(WAITING.read)
  if (!mail) return undefined
  const issuer = await issuerOf(database, tenantId, mail.partnerId)
  const content = MAIL_CONTENT.parse(JSON.parse(unseal(secrets(), contentOf(tenantId, id), mail.content)))
  const { logo } = issuer
  return {
    from: { name: issuer.name, address: from },
    to: { name: '', address: mail.recipient },
    messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...renderMail(content, mail.language, issuer),
    attachments: logo ? [{ filename: 'logo.png', content: logo.png, contentType: 'image/png', cid: LOGO_ID }] : []
  }
}

async function lockWaiting(tx: Transaction, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.run(sql`SELECT FROM "mail"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'waiting' FOR UPDATE`)
  return rowCount > 0
}

interface Ending {
  readonly state: 'sent' | 'failed'
  readonly failure?: string
}

async function end(
  tx: Transaction,
  { clock, newId }: SendingContext,
  tenantId: string,
  id: string,
  ended: Ending
): Promise<void> {
  const now = clock()
  await tx.run(sql`UPDATE "mail" SET "state" = ${ended.state}, "failure" = ${ended.failure}, "content" = NULL,
      "finished_at" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
  const author = { tenantId, actor: { type: 'system', id: 'mail', name: 'mail' } } as const
  const before = { state: 'waiting' }
  const change = { action: 'send', resourceType: MAIL_TYPE, resourceId: id, before, after: ended } as const
  await recordChange(tx, { author, newId }, change, now)
}

async function inTime(sending: Promise<void>): Promise<void> {
  let isOver = false
  const over = sending.finally(() => {
    isOver = true
  })
  await within(SENDING_MAX_MS, over)
  if (!isOver) throw new Error(`the mail server took more than ${SENDING_MAX_MS} ms`)
  await over
}
