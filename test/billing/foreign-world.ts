import { expect } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { expectExplained } from '../support/explained.ts'
import type { Reply, TestServer } from '../support/server.ts'
import { startLedger } from './ledger-world.ts'

/** A server that gets bills from another system, and its ledger. */
export interface ForeignWorld {
  readonly server: TestServer
  /** Posts a bill for an account with any key. */
  bill(account: string, body: object, headers?: Record<string, string>): Promise<Reply>
  patch(id: string, state: string, headers?: Record<string, string>): Promise<Reply>
  /** Returns the entries of a bill's only journal: book, detail if any, amount, currency. */
  journal(id: string): Promise<readonly unknown[]>
  /** Stops it; fails unless the ledger is sound and every bill has an explanation that adds up. */
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
      await expectExplained(server).finally(() => server.close())
      expect(report).toMatchObject({ isSound: true })
    }
  }
}

export const eur = (value: number) => ({ unit: 'EUR', value })
export const tax = (taxCategory: string | undefined, value: number, unit = 'EUR') => ({
  taxCategory,
  taxAmount: { unit, value }
})

/** In euros. */
export const RECEIVABLE = (amount: number) => ['receivable', amount, 'EUR']
export const REVENUE = (amount: number) => ['revenue', amount, 'EUR']
export const CASH = (amount: number) => ['cash', 'other', amount, 'EUR']

/** Returns the bill in the response to a write, after comparing it with a read. */
export async function answered({ server }: ForeignWorld, { status, headers, body }: Reply) {
  const stored = await server.call('GET', `customerBill/${body.id}`)
  expect([headers.etag, body]).toEqual([stored.headers.etag, stored.body])
  return [status, headers.etag, body.state, body.remainingAmount]
}
