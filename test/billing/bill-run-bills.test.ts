import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type Answer, parsed } from '../support/answer.ts'
import { type BillingWorld, runToEnd, startBilling } from './world.ts'

/** More than one read. */
const ACCOUNTS = 505
/** Ids that a spreadsheet or a reader of CSV would misread, as they are written. */
const ODD: Readonly<Record<string, string>> = {
  '=1+1': "'=1+1",
  '@A,"1"': `'@A,"1"`,
  'Z\n2': 'Z\n2',
  '\n=2': "'\n=2",
  'Y;=2+5;': 'Y;=2+5;'
}
const HEAD =
  'billNo,id,billingAccount,billDate,paymentDueDate,state,currency,' +
  'taxExcludedAmount,taxAmount,taxIncludedAmount,amountDue'
/** Its offset is no whole hour. */
const ZONE = 'Asia/Kathmandu'
const OFFSET = '+05:45'

let world: BillingWorld
/** The dry run and the real one. */
let runs: Readonly<Record<string, string>>
beforeAll(async () => {
  world = await startBilling(300)
  await world.addAccounts(ACCOUNTS, [{ amount: '10.005' }])
  await world.addAccounts(1, [{ amount: '800719925474099.31' }])
  await world.addAccounts(1, [{ amount: '5' }], { currency: 'JPY' })
  await addOddAccounts()
  await world.server.database.run(sql`UPDATE "tenant" SET "time_zone" = ${ZONE}`)
  const dry = await runToEnd(world, { dryRun: true })
  const real = await runToEnd(world, { billState: 'sent' })
  expect([dry.parked, real.parked]).toEqual([[], []])
  runs = { dry: dry.id, real: real.id }
})
afterAll(() => world.close())

async function addOddAccounts(): Promise<void> {
  const { database } = world.server
  const ids = Object.keys(ODD)
  await database.run(sql`INSERT INTO "billing_account" ("tenant_id", "id", "internal_id", "last_update", "customer_id",
      "name", "status", "billing_type", "invoice_currency", "net_term_days", "tax_profile",
      "bill_cycle_specification_id")
    SELECT "tenant_id", odd, odd, "last_update", "customer_id", "name", "status", "billing_type", "invoice_currency",
      "net_term_days", "tax_profile", "bill_cycle_specification_id"
    FROM "billing_account", unnest(${ids}::text[]) odd WHERE "id" = 'A000000'`)
  await database.run(sql`INSERT INTO "applied_customer_billing_rate" ("tenant_id", "id", "date", "is_billed",
      "rate_type", "billing_account_id", "tax_excluded_amount_value", "tax_excluded_amount_unit")
    SELECT "tenant_id", gen_random_uuid(), "date", false, "rate_type", odd, 7, 'EUR'
    FROM "applied_customer_billing_rate", unnest(${ids}::text[]) odd WHERE "billing_account_id" = 'A000000'`)
}

const get = (kind: string, accept: string) =>
  world.server.call('GET', `/billing/v1/billRun/${runs[kind]}/bills`, undefined, { accept })

async function json(kind: string): Promise<Answer> {
  return (await get(kind, 'application/json')).body
}

/** Parses CSV by RFC 4180. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

describe.each(['dry', 'real'])('the bills of a %s run', (kind) => {
  test('are all of its bills, in JSON and in NDJSON alike', async () => {
    const bills = await json(kind)
    expect(new Set(bills.map(({ billingAccount }) => billingAccount.id)).size).toBe(
      ACCOUNTS + 2 + Object.keys(ODD).length
    )
    const { text, headers } = await get(kind, 'application/x-ndjson')
    expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson;charset=utf-8', vary: 'Accept' })
    expect(text.endsWith('\n')).toBe(true)
    expect(text.trimEnd().split('\n').map(parsed)).toEqual(bills)
  })

  test('are the same in CSV, where texts are safe for a spreadsheet', async () => {
    const { text, headers } = await get(kind, 'text/csv')
    expect(headers['content-type']).toBe('text/csv;charset=utf-8')
    const [head, ...lines] = parseCsv(text)
    expect(head?.join()).toBe(HEAD)
    const times = lines.flatMap((line) => line.slice(3, 5)).filter((time) => time !== '')
    expect(times.filter((time) => !time.endsWith(OFFSET))).toEqual([])
    const utc = (time = '') => time && new Date(time).toISOString()
    expect(
      lines.map(([billNo, id, account, date, due, ...rest]) => [
        ...[billNo, id, account, utc(date), utc(due), ...rest.slice(0, 2), ...rest.slice(2).map(Number)]
      ])
    ).toEqual(
      (await json(kind)).map((bill) => [
        ...[bill.billNo ?? '', bill.id ?? '', ODD[bill.billingAccount.id] ?? bill.billingAccount.id],
        ...[bill.billDate ?? '', bill.paymentDueDate ?? '', bill.state ?? '', bill.amountDue.unit],
        ...[bill.taxExcludedAmount.value, bill.taxItem[0]?.taxAmount.value],
        ...[bill.taxIncludedAmount.value, bill.amountDue.value]
      ])
    )
  })

  test('have amounts with all of their digits', async () => {
    const [exact, tax, taxed] = ['800719925474099.31', '152136785840078.87', '952856711314178.18']
    const { text } = await get(kind, 'text/csv')
    expect(text).toContain(`,EUR,${exact},${tax},${taxed},${taxed}\r\n`)
    const { text: lines } = await get(kind, 'application/x-ndjson')
    expect(lines).toMatch(new RegExp(`"taxExcludedAmount": ?\\{"unit": ?"EUR", ?"value": ?${exact}\\}`))
  })

  test.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/csv, */*;q=0.1', 'text/csv'],
    ['application/x-ndjson, application/json;q=0.5', 'application/x-ndjson'],
    ['application/json;q=0, text/csv', 'text/csv'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
    ['TEXT/CSV;charset=utf-8', 'text/csv']
  ])('come for Accept: %s as %s', async (accept, type) => {
    const { status, headers } = await get(kind, accept)
    expect([status, headers['content-type']]).toEqual([200, `${type};charset=utf-8`])
  })
})

test('the bills of a real run are those of the API', async () => {
  const { body } = await world.server.call('GET', 'customerBill?sort=id&limit=1000')
  expect(await json('real')).toEqual(body)
  expect(body[0]).toMatchObject({ billNo: expect.stringMatching(/^INV-2026-/), state: 'sent' })
})

test.each(['application/pdf', 'text/*;q=0', '*/*;q=0'])('Accept: %s is told what there is', async (accept) => {
  const { status, body } = await get('real', accept)
  expect({ status, message: body.message }).toEqual({
    status: 406,
    message: 'The bills come as application/json, application/x-ndjson, text/csv'
  })
})
