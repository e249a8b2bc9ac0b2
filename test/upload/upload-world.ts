import { expect } from 'vitest'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { startLedger } from '../billing/ledger-world.ts'
import type { Reply, TestServer } from '../support/server.ts'

/** A server that takes uploads. */
export interface UploadWorld extends TestServer {
  upload(rows: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Uploads for the result of each row. */
  results(rows: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Stops it; fails unless the ledger is sound. */
  close(): Promise<void>
}

export const RESULTS = { prefer: 'return=representation' }

export async function startUpload(): Promise<UploadWorld> {
  const server = await startLedger()
  const upload: UploadWorld['upload'] = (rows, headers) => server.call('POST', '/bills', rows, headers)
  return {
    ...server,
    upload,
    results: (rows, headers) => upload(rows, { ...RESULTS, ...headers }),
    close: async () => {
      const report = reportLedger(await verifyLedger(server.database))
      await server.close()
      expect(report).toMatchObject({ isSound: true })
    }
  }
}

let made = 0

/** A row of the documented columns, for an account of its own. */
export function row(more: object = {}) {
  return { account_number: `U-${++made}`, amount: 119, due_date: '31-12-2099', period: '12-2099', ...more }
}
