import { expect } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { startLedger } from './ledger-world.ts'

/** A server to which another system posts its bills, and the ledger that they come to. */
export interface ForeignWorld {
  readonly server: TestServer
  /** Posts a bill for an account, by the key of whoever it is. */
  bill(account: string, body: object, headers?: Record<string, string>): Promise<Reply>
  patch(id: string, state: string, headers?: Record<string, string>): Promise<Reply>
  /** The entries of a bill's journal, the only one that comes from it: book, detail if any, amount, currency. */
  journal(id: string): Promise<readonly unknown[]>
  /** Ends it; fails unless the ledger is sound. */
  close(): Promise<void>
}

export async function startForeign(): Promise<ForeignWorld> {
  const server = await startLedger()
  const { database } = server
  return {
    server,
    bill: (id, body, headers = {}) => server.call('POST', 'customerBill', { billingAccount: { id }, ...body }, headers),
    patch: (id, state, headers = {}) => server.call('PATCH', `customerBill/${id}`, { state }, headers),
    journal: async (id) => {
      const { rows } = await database.run(sql`SELECT "journal_id", "book", "detail", trim_scale("amount"), "currency"
        FROM "ledger_entry" WHERE "source_type" = 'bill' AND "source_id" = ${id} ORDER BY "journal_id", "line"`)
      expect(rows.filter(([journalId]) => journalId !== id)).toEqual([])
      return rows.map(([, book, detail, amount, currency]) => [
        book,
        ...(detail ? [detail] : []),
        Number(amount),
        currency
      ])
    },
    close: async () => {
      const report = reportLedger(await verifyLedger(database))
      await server.close()
      expect(report).toMatchObject({ isSound: true })
    }
  }
}

export const eur = (value: number) => ({ unit: 'EUR', value })
export const tax = (taxCategory: string | undefined, value: number, unit = 'EUR') => ({
  taxCategory,
  taxAmount: { unit, value }
})

/** Entries in euros. */
export const RECEIVABLE = (amount: number) => ['receivable', amount, 'EUR']
export const REVENUE = (amount: number) => ['revenue', amount, 'EUR']
export const CASH = (amount: number) => ['cash', 'other', amount, 'EUR']

/** What the answer to a writing request says of a bill, which is what is there. */
export async function answered({ server }: ForeignWorld, { status, headers, body }: Reply) {
  const stored = await server.call('GET', `customerBill/${body.id}`)
  expect([headers.etag, body]).toEqual([stored.headers.etag, stored.body])
  return [status, headers.etag, body.state, body.remainingAmount]
}
