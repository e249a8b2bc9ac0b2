import pino from 'pino'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { uploadJobs } from '../../src/upload/tasks.ts'
import { type Answer, parsed } from '../support/answer.ts'
import type { Reply } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startUpload, type UploadWorld } from './upload-world.ts'

export const BILL_UPLOAD = '/billing/v1/billUpload'
const LINES = { 'content-type': 'application/x-ndjson' }

/** A server whose uploads of files are worked off. */
export interface FileWorld extends UploadWorld {
  /** Sends a file of lines of JSON. */
  send(rows: readonly unknown[], query?: string): Promise<Reply>
  /** Reads an upload when it has ended. */
  ended(id: string, path?: string, credential?: Record<string, string>): Promise<Answer>
  /** Sends a file, and reads the upload when it has ended. */
  sendToEnd(rows: readonly unknown[], query?: string): Promise<Answer>
}

export async function startFileUpload(): Promise<FileWorld> {
  const world = await startUpload()
  const { database, url, close } = world
  const context = { database, clock: database.clock, newId: database.newId }
  const silent = pino({ level: 'silent' })
  const jobs = await startBillingJobs(url, { ...context, chunkAccounts: 10 }, silent, [uploadJobs(context)])
  const send: FileWorld['send'] = (rows, query = '') =>
    world.call('POST', `${BILL_UPLOAD}${query}`, linesOf(rows), LINES)
  const ended: FileWorld['ended'] = async (id, path = BILL_UPLOAD, credential) => {
    let upload = parsed('{}')
    await until('the upload has ended', async () => {
      const { body } = await world.call('GET', `${path}/${id}`, undefined, credential)
      upload = body
      return !['receiving', 'running'].includes(body.state)
    })
    return upload
  }
  return {
    ...world,
    send,
    ended,
    sendToEnd: async (rows, query) => ended((await send(rows, query)).body.id),
    close: async () => {
      await jobs.stop()
      await close()
    }
  }
}

export function linesOf(rows: readonly unknown[]): string {
  return rows.map((one) => `${JSON.stringify(one)}\n`).join('')
}
