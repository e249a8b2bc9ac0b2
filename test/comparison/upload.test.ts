import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { type Sql, sql } from '../../src/db/sql.ts'
import type { Reply } from '../support/server.ts'
import { until } from '../support/until.ts'
import {
  type Account,
  bill,
  COMPARISON,
  type ComparisonWorld,
  startComparing,
  untilCompared
} from './comparison-world.ts'

const UPLOAD = '/billing/v1/billUpload'

let world: ComparisonWorld
let runId: string
let rows: readonly object[]
beforeAll(async () => {
  world = await startComparing()
  const [equal = '', other = ''] = await world.addAccounts(2, [{ amount: '100' }])
  // Neither of this bill nor of the cycle.
  await world.legacy(bill(equal, [1, 2]))
  const taxed = { due_date: '15-04-2099', period: '12-2099', tax_category: 'VAT' }
  rows = [
    { account_number: equal, amount: '119.00', tax_excluded_amount: '100.00', ...taxed },
    { account_number: other, amount: '60.00', due_date: '15-04-2099', period: '12-2099' },
    { account_number: 'X-1', amount: '7.00', due_date: '15-04-2099', period: '12-2099' },
    { account_number: other, amount: 'none', due_date: '15-04-2099', period: '12-2099' }
  ]
  runId = await world.dryRun()
})
afterAll(() => world.close())

async function upload(): Promise<string> {
  const body = `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`
  const type = { 'content-type': 'application/x-ndjson' }
  const posted = await world.server.call('POST', UPLOAD, body, type)
  expect([posted.status, posted.text]).toEqual([202, posted.text])
  await until('the upload ends', async () => {
    const { body } = await world.server.call('GET', `${UPLOAD}/${posted.body.id}`)
    return body.state === 'done'
  })
  return posted.body.id
}

const start = (source: object): Promise<Reply> =>
  world.server.call('POST', COMPARISON, { billRun: { id: runId }, ...source })

async function outcome(uploadId: string): Promise<readonly unknown[]> {
  const { body } = await start({ upload: { id: uploadId } })
  const { id } = await untilCompared(world, body.id)
  const accounts: readonly Account[] = await world.accounts(id)
  return accounts.map((one) => [one.billingAccount.id, one.status, ...one.reasons, one.there?.amount.value])
}

test('the bills that an upload made are compared, also those that it made before', async () => {
  const expected = [
    ['A000001', 'differs', 'amount', 'dueDate', 60],
    ['X-1', 'onlyThere', 'unknownAccount', 7],
    ['A000000', 'differs', 'dueDate', 119]
  ]
  const first = await upload()
  expect(await outcome(first)).toEqual(expected)
  const again = await upload()
  expect(await world.server.call('GET', `${UPLOAD}/${again}`)).toMatchObject({ body: { created: 0, duplicate: 3 } })
  expect(await outcome(again)).toEqual(expected)
  // The comparison stays when the upload goes.
  const { body } = await start({ upload: { id: first } })
  await untilCompared(world, body.id)
  expect(await world.server.call('DELETE', `${UPLOAD}/${first}`)).toMatchObject({ status: 204 })
  const report = await world.server.call('GET', `${COMPARISON}/${body.id}/report`)
  expect(report.text).toContain(`<dt>Upload</dt><dd>${first}</dd>`)
})

/** Uploads, and then changes the upload against all guards. */
async function altered(change: Sql): Promise<object> {
  const id = await upload()
  await world.server.database.transaction(async (tx) => {
    await tx.run(sql`SET LOCAL session_replication_role = replica`)
    await tx.run(sql`UPDATE "upload" SET ${change} WHERE "id" = ${id}`)
  })
  return { upload: { id } }
}

test.each<[string, () => Promise<object> | object, number, string]>([
  ['of nothing', () => ({}), 400, 'comparison.oneSource'],
  [
    'of an upload and a cycle',
    () => ({ upload: { id: newId() }, billCycle: { id: newId() } }),
    400,
    'comparison.oneSource'
  ],
  ['of an upload that is not there', () => ({ upload: { id: newId() } }), 400, 'body.unknownReference'],
  ['of a cancelled upload', () => altered(sql`"state" = 'cancelled'`), 409, 'comparison.uploadNotDone'],
  ['of a dry upload', () => altered(sql`"options" = "options" || '{"dryRun": true}'`), 409, 'comparison.uploadDry'],
  [
    'of an upload whose results are not kept',
    async () => {
      const id = await upload()
      await world.server.database.run(sql`DELETE FROM "upload_part" WHERE "upload_id" = ${id}`)
      return { upload: { id } }
    },
    409,
    'comparison.uploadForgotten'
  ]
])('a comparison %s is refused', async (_, make, status, messageCode) => {
  const { status: answered, body } = await start(await make())
  expect([answered, body.messageCode]).toEqual([status, messageCode])
})
