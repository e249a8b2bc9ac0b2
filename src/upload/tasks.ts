import type { FurtherJobs } from '../billing/jobs.ts'
import type { Database } from '../db/database.ts'
import { isDataRefused } from '../db/failure.ts'
import { sql } from '../db/sql.ts'
import { isOutage } from '../jobs/outage.ts'
import { addJobs, hasNoJob } from '../jobs/queue.ts'
import type { Task } from '../jobs/runner.ts'
import { UPLOAD_FAILURES } from '../messages/upload-failure.ts'
import { changeBy, lostReceipts, nextUpload, type Running, type WorkContext } from './running.ts'
import { addWork, failUpload, WORK_UPLOADS, workKey } from './upload.ts'
import { workOff } from './work.ts'

/** Time for an upload before others of the tenant, and other tenants, have their turn. */
const STRETCH_MS = 2_000
/** The process that receives an upload gives a sign of life more often. */
const SILENCE_MS = 30_000

export function uploadJobs(context: WorkContext): FurtherJobs {
  const task: Task = ({ tenantId }, { isLast }) => work(context, String(tenantId), isLast)
  return {
    tasks: new Map([[WORK_UPLOADS, task]]),
    recover: () => recoverUploads(context)
  }
}

async function work(context: WorkContext, tenantId: string, isLast: boolean): Promise<void> {
  const { database } = context
  const upload = await nextUpload(database, tenantId)
  if (!upload) return
  const untilMs = performance.now() + STRETCH_MS
  await workOff(context, upload, untilMs).catch((error: unknown) => mend(context, upload, error, isLast))
  await goOn(database, tenantId)
}

async function goOn(database: Database, tenantId: string): Promise<void> {
  if (await nextUpload(database, tenantId)) await database.transaction((tx) => addWork(tx, tenantId))
}

/** Fails an upload whose rows the database refuses, or at last; else it is tried again. */
async function mend(context: WorkContext, upload: Running, error: unknown, isLast: boolean): Promise<void> {
  if (isDataRefused(error) || (isLast && !isOutage(error))) {
    const { id, parts, partsDone } = upload
    await context.database.transaction((tx) =>
      failUpload(tx, changeBy(context, upload), id, 'running', UPLOAD_FAILURES.stopped(partsDone, parts))
    )
    await goOn(context.database, upload.tenantId)
  }
  throw error
}

/** Has the uploads worked off that nobody works on, and fails those that nobody receives any more. */
async function recoverUploads(context: WorkContext): Promise<void> {
  const { database, clock } = context
  const silent = await lostReceipts(database, new Date(Date.parse(clock()) - SILENCE_MS).toISOString())
  for (const upload of silent) {
    const failure = UPLOAD_FAILURES.lost(upload.rows)
    await database.transaction((tx) => failUpload(tx, changeBy(context, upload), upload.id, 'receiving', failure))
  }
  await database.transaction((tx) => {
    const key = workKey(sql`u."tenant_id"`)
    return addJobs(
      tx,
      WORK_UPLOADS,
      sql`SELECT DISTINCT ON (u."tenant_id") json_build_object('tenantId', u."tenant_id"), ${key}
        FROM "upload" u WHERE u."state" = 'running' AND ${hasNoJob(key)}`
    )
  })
}
