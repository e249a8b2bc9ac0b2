import type { Author } from '../../audit/record.ts'
import type { FurtherJobs } from '../../billing/jobs.ts'
import type { Transaction } from '../../db/database.ts'
import { addJob } from '../../jobs/queue.ts'
import type { Task } from '../../jobs/runner.ts'
import { queueMail } from '../../mail/queue.ts'
import { requireVisitor } from '../captcha/verify.ts'
import { keepCode, makeCode } from './code.ts'
import { type CustomerContext, customerAuthor, type Origin } from './context.ts'
import { normalEmail } from './email.ts'
import { findSignIn } from './password.ts'
import { portalUrl, type Realm } from './realm.ts'
import { spend } from './throttle.ts'

const TASK = 'resetCustomerPassword'

interface Asking {
  readonly realm: Realm
  /** In the form of normalEmail. */
  readonly email: string
  readonly author: Author
}

/**
 * Asks for a mail with a code for a new password. The address is looked up by a job, later: neither the answer nor its
 * time reveals whether anybody has it.
 */
export async function askForReset(
  tx: Transaction,
  { newId, root }: Pick<CustomerContext, 'newId' | 'root'>,
  { realm, email, author }: Asking
): Promise<void> {
  const { tenantId, partnerId = null } = realm
  const payload = { tenantId, partnerId, email, root: root(), author: JSON.stringify(author) }
  await addJob(tx, { task: TASK, payload, key: `${TASK} ${newId()}` })
}

interface Visitor {
  readonly realm: Realm
  readonly email: string
  /** The response of the captcha. */
  readonly captcha: string | undefined
}

/** Asks for somebody who is not signed in. Throws `tooManyRequests`, and like `requireVisitor`. */
export async function requestReset(
  context: CustomerContext,
  { realm, email, captcha }: Visitor,
  origin: Origin
): Promise<void> {
  await spend(context, realm, { address: origin.address })
  await requireVisitor(context, realm.tenantId, captcha)
  const normal = normalEmail(email)
  // Nobody has it: that tells nothing.
  if (normal === undefined) return
  await spend(context, realm, { visitor: normal })
  const author = customerAuthor(realm.tenantId, UNKNOWN, origin)
  await context.database.transaction((tx) => askForReset(tx, context, { realm, email: normal, author }))
}

const UNKNOWN = 'unknown'

type ResetContext = Omit<CustomerContext, 'root' | 'limits' | 'captchaUrl'>

/** Looks up whose password is to be reset, and queues the mail. */
export function resetJobs(context: ResetContext): FurtherJobs {
  const task: Task = async ({ tenantId, partnerId, email, root, author: written }) => {
    const realm = { tenantId: String(tenantId), partnerId: partnerId === null ? undefined : String(partnerId) }
    const author: Author = JSON.parse(String(written))
    const { code, hash } = await makeCode(author.address ?? '')
    await context.database.transaction(async (tx) => {
      const signIn = await findSignIn(tx, realm, String(email))
      if (!signIn) return
      await keepCode(tx, { tenantId: realm.tenantId, signInId: signIn.id, purpose: 'reset', hash }, context.clock())
      const url = await portalUrl(tx, String(root), 'reset', realm, { email: signIn.email, code })
      const { name, language, partnerId } = signIn
      const mail = { kind: 'resetPassword', name, code, url, partnerId, to: signIn.email, language } as const
      await queueMail(tx, { ...context, author }, mail)
    })
  }
  return { tasks: new Map([[TASK, task]]), recover: async () => undefined }
}
