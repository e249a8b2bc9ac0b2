import type { Logger } from 'pino'
import { sealAudit } from './audit/seal.ts'
import { purgeExpired } from './auth/purge.ts'
import type { Database } from './db/database.ts'
import { purgeEvents } from './events/retention.ts'
import { foldUsage } from './ledger/usage.ts'
import { purgeMails } from './mail/retention.ts'
import { purgeHolds } from './partner-api/hold.ts'
import { purgeUploads } from './upload/retention.ts'

export interface Housekeeping {
  /** Waits for the round under way; its sealing ends after the present batch. */
  stop(): Promise<void>
}

export interface HousekeepingSettings {
  readonly intervalMs: number
  /** Days for which events and attempts to deliver them are kept. */
  readonly eventRetentionDays: number
  /** Days for which uploads and the results of their rows are kept after their end. */
  readonly uploadRetentionDays: number
}

/**
 * Seals the audit and removes expired rows every `intervalMs`, first after one interval. Rounds never overlap. A
 * failure is logged as a warning; the next round tries again. Does not keep the process alive.
 */
export function startHousekeeping(
  database: Database,
  logger: Pick<Logger, 'warn'>,
  { intervalMs, ...kept }: HousekeepingSettings
): Housekeeping {
  const stopping = new AbortController()
  let round: Promise<void> | undefined
  const timer = setInterval(() => {
    round ??= runRound(database, logger, kept, stopping.signal).finally(() => {
      round = undefined
    })
  }, intervalMs).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      stopping.abort()
      await round
    }
  }
}

async function runRound(
  database: Database,
  logger: Pick<Logger, 'warn'>,
  { eventRetentionDays, uploadRetentionDays }: Omit<HousekeepingSettings, 'intervalMs'>,
  signal: AbortSignal
): Promise<void> {
  const tasks: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['removing expired rows', () => purgeExpired(database)],
    ['folding the usage', () => foldUsage(database)],
    ['removing old holds', () => purgeHolds(database)],
    ['removing old mails', () => purgeMails(database)],
    ['removing old events', () => purgeEvents(database, eventRetentionDays)],
    ['removing old uploads', () => purgeUploads(database, uploadRetentionDays)],
    ['sealing the audit', () => sealAudit(database, { signal })]
  ]
  for (const [name, work] of tasks) {
    await work().catch((err: unknown) => logger.warn({ err }, `${name} failed and will be tried again`))
  }
}
