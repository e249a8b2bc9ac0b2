import type { Logger } from 'pino'
import { resetJobs } from './auth/customers/reset.ts'
import type { EngineContext } from './billing/engine/context.ts'
import { type FurtherJobs, startBillingJobs } from './billing/jobs.ts'
import { comparisonJobs } from './comparison/tasks.ts'
import { dunningJobs } from './dunning/tasks.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import type { MailSettings } from './mail/settings.ts'
import { mailJobs } from './mail/tasks.ts'
import { openTransport } from './mail/transport.ts'
import type { Store } from './store.ts'
import { uploadJobs } from './upload/tasks.ts'
import { type Finding, verificationJobs } from './verification/verification.ts'
import { type BackgroundWork, startWhenReady } from './when-ready.ts'

/** A run bills `chunkAccounts` accounts in one transaction. */
export function prepareJobs(
  store: Store,
  logger: Logger,
  chunkAccounts: number,
  mail: MailSettings
): BackgroundWork<JobFigures> {
  const { directUrl, database, secrets } = store
  const { clock, newId } = database
  const context = { database, clock, newId, chunkAccounts }
  const transport = openTransport(mail)
  const mails = mailJobs({ ...context, secrets, transport, from: mail.from })
  const resets = resetJobs({ ...context, secrets })
  const verification = verificationJobs({ ...context, report: (finding) => reportTo(logger, finding) })
  return startWhenReady(store, logger, 'the jobs cannot be worked off yet', () =>
    startBillingJobs(directUrl, context, logger, [...furtherJobs(context), verification, mails, resets])
  )
}

function reportTo(logger: Logger, { tenantId, kind, difference }: Finding): void {
  if (difference === undefined) logger.info({ tenantId }, `the ${kind} is sound`)
  else logger.error({ tenantId, difference }, `the ${kind} is not sound`)
}

/** The jobs of the rooms above billing, except mails and what leads to them: only a server sends them. */
export function furtherJobs(context: EngineContext): readonly FurtherJobs[] {
  return [comparisonJobs(context), uploadJobs(context), dunningJobs(context)]
}
