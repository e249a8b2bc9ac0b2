import { afterAll, beforeAll, expect, test } from 'vitest'
import { BILL_UPLOAD, type FileWorld, startFileUpload } from './file-world.ts'
import { row } from './upload-world.ts'

let world: FileWorld
beforeAll(async () => {
  world = await startFileUpload()
})
afterAll(() => world.close())

test('a file is received, and its rows become bills', async () => {
  const [one, other] = [row(), row({ amount: '80.50' })]
  const { status, headers, body } = await world.send([one, other, one, { ...one, amount: 1 }, row({ amount: -1 }), 4])
  expect([status, headers.location]).toEqual([202, `http://localhost:80${BILL_UPLOAD}/${body.id}`])
  expect(body).toMatchObject({ state: expect.stringMatching(/^(?:running|done)$/), rows: 6, dryRun: false })
  const upload = await world.ended(body.id)
  expect(upload).toMatchObject({
    ...{ state: 'done', rows: 6, created: 2, replaced: 0, duplicate: 1, conflict: 1, refused: 2, notStored: 0 },
    ...{ progress: 1, amount: [{ unit: 'EUR', value: 199.5 }] }
  })
  const bills = await world.call('GET', `customerBill?billingAccount.id=${one.account_number},${other.account_number}`)
  expect(bills.body).toHaveLength(2)
})

test('a long file is worked off in parts', async () => {
  const rows = Array.from({ length: 2_500 }, () => row({ amount: '0.10' }))
  const first = await world.sendToEnd(rows)
  expect(first).toMatchObject({ state: 'done', rows: 2_500, created: 2_500, amount: [{ unit: 'EUR', value: 250 }] })
  expect(await world.sendToEnd(rows)).toMatchObject({ state: 'done', duplicate: 2_500, amount: [] })
})
