import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { openReceiver } from '../../demo/receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`
const OTHER = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`
const BODY = '{"eventId":"E1","event":{"customerBill":{"id":"B1"}}}'

function signed(secret: string, id: string, body = BODY, at = new Date()) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body)
  }
}

test('the receiver takes an event once, and nothing whose signature it does not know', async () => {
  await using receiver = await openReceiver()
  const post = async (headers: Record<string, string>, body = BODY) =>
    (await fetch(receiver.url, { method: 'POST', body, headers })).status
  expect(await post(signed(SECRET, 'E1'))).toBe(401)
  receiver.trust(SECRET)
  const answers = [
    await post(signed(SECRET, 'E1')),
    await post(signed(SECRET, 'E1')),
    await post(signed(OTHER, 'E1')),
    await post(signed(SECRET, 'E1'), BODY.replace('B1', 'B2')),
    await post(signed(SECRET, 'E2')),
    await post(signed(SECRET, 'E1', BODY, new Date('2026-01-01'))),
    await post({})
  ]
  expect(answers).toEqual([204, 204, 401, 401, 401, 401, 401])
  expect(receiver.events).toEqual([JSON.parse(BODY)])
  expect(receiver.refused()).toBe(6)
})
