import type { Logger } from 'pino'
import { startWorker, type Task, type Worker } from '../jobs/worker.ts'
import { recoverRuns, runTasks } from './bill-run-work.ts'
import { onDemandTasks, recoverRequests } from './on-demand.ts'
import type { WorkContext } from './work-context.ts'

/** So often it is looked what a process that is dead has left behind. */
const RECOVERY_INTERVAL_MS = 2_000

/**
 * Works off runs and requests for bills until it is stopped. What a process that was killed was at, is begun again,
 * within seconds and by whichever process is alive.
 */
export async function startBillingWork(
  url: string,
  context: WorkContext,
  logger: Pick<Logger, 'warn'>
): Promise<{ stop(): Promise<void> }> {
  // Whoever asked for a bill does not wait until a run has a worker to spare.
  const workers = [runTasks(context), onDemandTasks(context)].map((tasks) => keepWorking(url, tasks, logger))
  let round: Promise<void> | undefined = look()
  await round
  const timer = setInterval(() => {
    round ??= look()
  }, RECOVERY_INTERVAL_MS).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await round
      await Promise.all(workers.map((worker) => worker.stop()))
    }
  }

  async function look(): Promise<void> {
    try {
      for (const worker of workers) await worker.renew()
      await recoverRuns(context)
      await recoverRequests(context)
    } catch (error) {
      logger.warn({ err: error }, 'looking for work that was left behind failed and will be tried again')
    } finally {
      round = undefined
    }
  }
}

/** A worker that is started, and started again when it gave up. */
function keepWorking(url: string, tasks: ReadonlyMap<string, Task>, logger: Pick<Logger, 'warn'>) {
  let worker: Worker | undefined
  return {
    renew: async () => {
      if (!worker || worker.hasEnded()) worker = await startWorker(url, tasks, logger)
    },
    stop: async () => worker?.stop()
  }
}
