import { z } from 'zod'
import { type Recorder, recordChange } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import type { Language } from '../base/language.ts'
import { type Place, type SecretKeys, seal } from '../base/secret-keys.ts'
import type { Transaction } from '../db/database.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { addJob } from '../jobs/queue.ts'

const NAMED = { name: z.string() }
const CODED = { ...NAMED, code: z.string(), url: z.string() }

/** The values of the text, beside the fixed words of its kind. */
export const MAIL_CONTENT = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('confirmEmail'), ...CODED }),
  z.object({ kind: z.literal('resetPassword'), ...CODED }),
  z.object({ kind: z.literal('passwordChanged'), ...NAMED })
])
export type MailContent = Readonly<z.output<typeof MAIL_CONTENT>>

export type NewMail = MailContent & {
  /** The mail shows the partner's name; without one, the tenant's. */
  readonly partnerId: string | undefined
  readonly to: string
  readonly language: Language
}

/** The author of the request names the tenant. */
export interface MailContext extends Recorder {
  readonly clock: Clock
  readonly secrets: () => SecretKeys
}

export const MAIL_STATES = ['waiting', 'sent', 'failed'] as const

export const SEND_MAIL = 'sendMail'
export const MAIL_TYPE = 'Mail'

/**
 * Stores a mail and the job that sends it once the transaction is committed, and records to whom it goes. Code and link
 * are sealed while the mail waits, and removed when it has ended.
 */
export async function queueMail(tx: Transaction, context: MailContext, mail: NewMail): Promise<void> {
  const { tenantId } = context.author
  const { partnerId, to, language, ...content } = mail
  const { kind } = content
  const [id, now] = [context.newId(), context.clock()]
  const sealed = seal(context.secrets(), contentOf(tenantId, id), JSON.stringify(content))
  await tx.run(prepared`INSERT INTO "mail" ("tenant_id", "id", "partner_id", "kind", "recipient", "language", "content",
        "state", "created_at")
      VALUES (${tenantId}, ${id}, ${partnerId}, ${kind}, ${to}, ${language}, ${sealed}, 'waiting', ${now})`)
  const after = { kind, to, language, state: 'waiting' }
  await recordChange(tx, context, { action: 'create', resourceType: MAIL_TYPE, resourceId: id, after }, now)
  await addJob(tx, { task: SEND_MAIL, payload: { tenantId, mailId: id }, key: `${KEY}${id}` })
}

const KEY = 'mail '

/** Returns the key of the job that sends a mail. */
export function mailKey(id: Sql): Sql {
  return sql`concat(${KEY}::text, ${id})`
}

/** Where the content of a mail is stored. */
export function contentOf(tenantId: string, id: string): Place {
  return { table: 'mail', column: 'content', tenantId, id }
}
