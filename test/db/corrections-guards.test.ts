import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { constraintName, sqlState } from '../../src/db/failure.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import { addAccount, addBill, startLedger } from '../billing/ledger-world.ts'
import type { TestServer } from '../support/server.ts'

let server: TestServer
let bill: string
beforeAll(async () => {
  server = await startLedger()
  const account = await addAccount(server)
  bill = await addBill(server, account, { rates: { usageCharge: '10' } })
  const note = { bill: { id: bill }, reason: 'other', amount: { unit: 'EUR', value: 6 } }
  expect((await server.call('POST', '/billing/v1/creditNote', { ...note, reference: 'r' })).status).toBe(201)
  expect((await server.call('POST', '/billing/v1/writeOff', { ...note, amount: undefined })).status).toBe(201)
  const other = await addBill(server, await addAccount(server), { rates: { usageCharge: '10' } })
  const cancelled = { bill: { id: other }, reason: 'other' }
  expect((await server.call('POST', '/billing/v1/cancelAndRebill', cancelled)).status).toBe(201)
  const charge = {
    billingAccount: { id: account },
    reason: 'other',
    amount: { unit: 'EUR', value: 1 },
    onNextBill: true
  }
  expect((await server.call('POST', '/billing/v1/adjustment', charge)).status).toBe(201)
  await server.database.run(approval({}, SELF))
  await server.database.run(sql`UPDATE "tenant" SET "correction_approval_limits" = '{"EUR": 10}'`)
})
afterAll(() => server.close())

/** Copies the credit note with other values, and as another bill. */
function copy(values: object, note = sql`c."bill_id"`): Sql {
  const others = JSON.stringify({ id: newId(), reference: null, amount: 1, ...values })
  return sql`INSERT INTO "correction" SELECT (jsonb_populate_record(c,
    ${others}::jsonb || jsonb_build_object('credit_note_id', ${note}))).* FROM "correction" c
    WHERE c."reference" = 'r'`
}

/** Copies it as a charge of 1, with a tax. */
function adjusted(values: object): Sql {
  const taxes = { tax_category: 'VAT', tax_rate: 0.19, tax_amount: 0.16 }
  return copy({ kind: 'adjustment', bill_id: null, ...taxes, ...values }, sql`NULL::text`)
}

/** Inserts an approval of it, or of none, with other values. */
function approval(values: object, correction = sql`NULL::text`): Sql {
  const asked = { requested_by_type: 'user', requested_by_id: 'a', requested_by_name: 'A' }
  const decided = { decided_at: '2026-01-01T00:00:00Z', decided_by_type: 'user', decided_by_name: 'B' }
  const one = { kind: 'creditNote', state: 'approved', body: {}, ...asked, ...decided, decided_by_id: 'b' }
  const others = JSON.stringify({ ...one, id: newId(), version: 1, reference: null, ...values })
  return sql`INSERT INTO "correction_approval" SELECT (jsonb_populate_record(NULL::"correction_approval",
    to_jsonb(c) || ${others}::jsonb || jsonb_build_object('correction_id', ${correction}))).* FROM "correction" c
    WHERE c."reference" = 'r'`
}

const SELF = sql`c."id"`
const UNDECIDED = {
  state: 'pendingApproval',
  ...{ decided_at: null, decided_by_type: null, decided_by_id: null, decided_by_name: null }
}
const OFF_LIMIT = { kind: 'refund', bill_id: null, method: 'cash', currency: 'USD' }
const OFF = { kind: 'writeOff', bill_state: 'sent' }

test.each<[string, Sql, string]>([
  ['credit notes exceed their bill', copy({ amount: 5 }), '23514 correction_within_bill'],
  ['one gives nothing back', copy({ amount: 0 }), '23514 correction_amount'],
  ['more becomes credit than it gives back', copy({ credited: 2 }), '23514 correction_amount'],
  ['a correction is of no known kind', copy({ kind: 'x' }), '23514 correction_kind'],
  ['a write-off is a credit note, too', copy({ kind: 'writeOff', bill_state: 'sent' }), '23514 correction_kind'],
  ['a refund is of a bill', copy({ kind: 'refund', method: 'cash' }), '23514 correction_kind'],
  [
    'the rate of an adjustment has another amount',
    sql`UPDATE "applied_customer_billing_rate" SET "tax_excluded_amount_value" = 2 WHERE NOT "is_billed"`,
    '23000 adjustment_rate_kept'
  ],
  ['an adjustment is of a bill', copy({ kind: 'adjustment' }), '23514 correction_kind'],
  ['an adjustment gives without a payment', adjusted({ amount: -1 }), '23514 correction_kind'],
  ['an adjustment is of nothing', adjusted({ amount: 0 }), '23514 correction_amount'],
  ['a tax exceeds the adjustment', adjusted({ tax_amount: 2 }), '23514 correction_tax'],
  ['a tax has no rate', adjusted({ tax_rate: null }), '23514 correction_tax'],
  ['a credit note has a tax of its own', copy({ tax_rate: 0.19 }), '23514 correction_tax'],
  ['a bill is written off twice', copy(OFF, sql`NULL::text`), '23505 correction_open_write_off'],
  ['somebody approves their own', approval({ decided_by_id: 'a' }, SELF), '23514 correction_approval_four_eyes'],
  ['a key approves', approval({ decided_by_type: 'apiKey' }, SELF), '23514 correction_approval_four_eyes'],
  ['an approval has no correction', approval({}), '23514 correction_approval_state'],
  ['a correction waits, and is there', approval(UNDECIDED, SELF), '23514 correction_approval_state'],
  ['a rejected correction is there', approval({ state: 'rejected' }, SELF), '23514 correction_approval_state'],
  [
    'an approval is undone',
    sql`UPDATE "correction_approval" SET "state" = 'rejected'`,
    '23000 correction_approval_kept'
  ],
  ['an approval is removed', sql`DELETE FROM "correction_approval"`, '23000 correction_approval_kept'],
  ['all approvals are removed', sql`TRUNCATE "correction_approval"`, '23000 correction_approval_kept'],
  ['a correction above the limit has no approval', copy(OFF_LIMIT, sql`NULL::text`), '23514 correction_approved'],
  [
    'a journal is of no correction',
    sql`INSERT INTO "ledger_entry" ("tenant_id", "journal_id", "line", "posted_at", "book", "billing_account_id",
      "currency", "amount", "source_type", "source_id") SELECT b."tenant_id", x."id", x."line", now(), 'balance',
      b."billing_account_id", 'EUR', x."line" * 2 - 3, 'refund', b."id"
      FROM "customer_bill" b CROSS JOIN (VALUES ('J', 1), ('J', 2)) x("id", "line") LIMIT 2`,
    '23503 ledger_of_correction'
  ],
  ['a reference comes twice', copy({ reference: 'r' }), '23505 correction_once'],
  ['a bill is the note of two', copy({}, sql`c."credit_note_id"`), '23505 correction_tenant_id_credit_note_id_key'],
  ['a credit note changes', sql`UPDATE "correction" SET "amount" = 1`, '23000 correction_immutable'],
  ['a credit note is removed', sql`DELETE FROM "correction"`, '23000 correction_immutable'],
  ['all are removed at once', sql`TRUNCATE "correction" CASCADE`, '23000 correction_immutable'],
  [
    'a write-off changes',
    sql`UPDATE "correction" SET "reason" = 'x' WHERE "kind" = 'writeOff'`,
    '23000 correction_immutable'
  ],
  [
    'a bill is cancelled twice',
    sql`INSERT INTO "correction" SELECT (jsonb_populate_record(c, '{"id": "x"}')).* FROM "correction" c
      WHERE c."kind" = 'cancelAndRebill'`,
    '23505 correction_one_cancellation'
  ],
  ['a cancellation is not billed anew', copy({ kind: 'cancelAndRebill' }, sql`NULL::text`), '23514 correction_kind'],
  ['a credit note is billed anew', copy({ rebill_when: 'now' }), '23514 correction_rebill'],
  [
    'a cancellation changes',
    sql`UPDATE "correction" SET "rebill_when" = 'nextRun' WHERE "kind" = 'cancelAndRebill'`,
    '23000 correction_immutable'
  ],
  [
    'a line is copied twice',
    sql`UPDATE "applied_customer_billing_rate" SET "corrects_rate_id" = (SELECT r."corrects_rate_id"
      FROM "applied_customer_billing_rate" r WHERE r."corrects_rate_id" IS NOT NULL)`,
    '23505 applied_customer_billing_rate_copy'
  ],
  ['its lines change', sql`UPDATE "credit_note_line" SET "amount" = 1`, '23000 credit_note_line_immutable'],
  ['its lines are removed at once', sql`TRUNCATE "credit_note_line"`, '23000 credit_note_line_immutable'],
  [
    'a share of the rounding is of a rate',
    sql`INSERT INTO "credit_note_line" SELECT (jsonb_populate_record(l, '{"position": 99, "rate_type": null, "rate_id":
      "x"}')).* FROM "credit_note_line" l LIMIT 1`,
    '23514 credit_note_line_rounding'
  ]
])('the database refuses that %s', async (_, statement, expected) => {
  const failed = await server.database.run(statement).catch((error: unknown) => error)
  expect(`${sqlState(failed)} ${constraintName(failed)}`).toBe(expected)
})
