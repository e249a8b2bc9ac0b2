import type { Logger } from 'pino'
import { prepareJobs } from './background-jobs.ts'
import { type Config, callbackNetworks } from './config.ts'
import { prepareDelivery } from './event-delivery.ts'
import type { DeliveryFigures } from './events/figures.ts'
import { startHousekeeping } from './housekeeping.ts'
import type { JobFigures } from './jobs/supervisor.ts'
import { mailSettings } from './mail/settings.ts'
import { within } from './pace/within.ts'
import type { Store } from './store.ts'

/** Short: a row that is not sealed yet could be changed unseen. */
const HOUSEKEEPING_INTERVAL_MS = 5_000

/** All that a process does beside requests: jobs, deliveries of events, and housekeeping. */
export interface Background {
  /** Says why it stands still; undefined while it goes on. */
  standstill(): string | undefined
  readonly figures: {
    readonly jobs: () => Promise<JobFigures | undefined>
    readonly delivery: () => Promise<DeliveryFigures | undefined>
  }
  start(): void
  /** Waits for work under way, at most `limitMs`; other processes do the rest. */
  stop(limitMs: number): Promise<void>
}

/** Prepares the work of a process; in the role `api` there is none. `root` is the start of the addresses in events. */
export function prepareBackground(store: Store, logger: Logger, config: Config, root: () => string): Background {
  if (config.ROLE === 'api') return IDLE
  const jobs = prepareJobs(store, logger, config.BILL_RUN_CHUNK_ACCOUNTS, mailSettings(config))
  const delivery = prepareDelivery(store, logger, { allowed: callbackNetworks(config), root })
  let housekeeping: ReturnType<typeof startHousekeeping> | undefined
  return {
    standstill: () => jobs.standstill() ?? delivery.standstill(),
    figures: { jobs: jobs.figures, delivery: delivery.figures },
    start: () => {
      housekeeping = startHousekeeping(store.database, logger, {
        intervalMs: HOUSEKEEPING_INTERVAL_MS,
        eventRetentionDays: config.EVENT_RETENTION_DAYS,
        uploadRetentionDays: config.UPLOAD_RETENTION_DAYS
      })
      jobs.start()
      delivery.start()
    },
    stop: async (limitMs) => {
      const round = housekeeping && within(limitMs, housekeeping.stop())
      await Promise.all([jobs.stop(limitMs), delivery.stop(limitMs), round])
    }
  }
}

const IDLE: Background = {
  standstill: () => undefined,
  figures: { jobs: async () => undefined, delivery: async () => undefined },
  start: () => undefined,
  stop: async () => undefined
}
