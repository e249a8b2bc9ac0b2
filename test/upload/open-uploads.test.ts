import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addPartner, TENANT } from '../support/database.ts'
import { BILL_UPLOAD, linesOf } from './file-world.ts'
import { row, startUpload, type UploadWorld } from './upload-world.ts'

// Nothing works uploads off: they stay open.
let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
  await addPartner(world.database, TENANT, 'P-1')
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.database.run(sql`UPDATE "upload" SET "state" = 'cancelled', "finished_at" = now()
    WHERE "finished_at" IS NULL`)
})

const PARTNER = { proxy_accountNumber: 'P-1' }
const send = (owner: Record<string, string> = {}) =>
  world.call('POST', BILL_UPLOAD, linesOf([row()]), { 'content-type': 'application/x-ndjson', ...owner })
const sendMany = async (count: number, owner?: Record<string, string>) => {
  for (let sent = 0; sent < count; sent++) expect((await send(owner)).status).toBe(202)
}
const REFUSED = { status: 429, headers: { 'retry-after': '5' } }

test('a tenant has 50 open uploads at most, also of those that come at once', async () => {
  await sendMany(49)
  const replies = await Promise.all([send(), send(), send()])
  expect(replies.map(({ status }) => status).sort()).toEqual([202, 429, 429])
  expect(replies.find(({ status }) => status === 429)).toMatchObject({
    ...REFUSED,
    body: {
      messageCode: 'upload.tooManyOpen',
      message:
        'This provider has 50 uploads that are receiving or running, which is all that is allowed; ' +
        'wait for the end of one, or cancel it'
    }
  })
  const { body } = await world.call('GET', `${BILL_UPLOAD}?limit=100`)
  expect(body).toHaveLength(50)
  expect((await world.call('POST', `${BILL_UPLOAD}/${body[0]?.id}/cancel`)).status).toBe(202)
  await sendMany(1)
})

test('a partner has 20 of them, and leaves room for others', async () => {
  await sendMany(20, PARTNER)
  expect(await send(PARTNER)).toMatchObject({ ...REFUSED, body: { messageCode: 'upload.tooManyOfPartner' } })
  await sendMany(1)
})
