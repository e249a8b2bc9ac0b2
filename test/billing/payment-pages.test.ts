import { afterAll, beforeAll, expect, test } from 'vitest'
import { listPayments } from '../../src/billing/payments/list.ts'
import { sql } from '../../src/db/sql.ts'
import { TENANT } from '../support/database.ts'
import type { TestServer } from '../support/server.ts'
import { addAccount, pay, startLedger } from './ledger-world.ts'

let server: TestServer
beforeAll(async () => {
  server = await startLedger()
})
afterAll(() => server.close())

test('of a page of payments what each paid is added up, and of no other', async () => {
  const account = await addAccount(server)
  for (let value = 1; value <= 30; value++) await pay(server, account, value, { reference: `${account}/${value}` })
  const scans = sql`SELECT coalesce(sum("seq_scan" + "idx_scan"), 0) FROM "pg_stat_xact_user_tables"
    WHERE "relname" = 'payment_allocation'`
  const counted = await server.database.transaction(async (tx) => {
    const before = Number((await tx.run(scans)).rows[0]?.[0])
    const page = await listPayments(tx, { tenantId: TENANT }, { accounts: [account] }, { offset: 10, limit: 5 })
    return [page.rows.length, page.total, Number((await tx.run(scans)).rows[0]?.[0]) - before]
  })
  expect(counted).toEqual([5, 30, 5])
})
