import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import type { Listener } from '../../src/events/listener.ts'
import type { EventRow } from '../../src/events/outbox.ts'
import { send } from '../../src/events/send.ts'
import { slotsByKey } from '../../src/events/slots.ts'
import { readSubscription } from '../../src/events/subscription.ts'
import { SECRET } from './delivery-world.ts'

const NOW = '2026-11-30T12:00:00.000Z'
const LISTENER: Listener = {
  ...{ tenantId: 'demo', listenerId: 'l', partnerId: undefined, version: 1, callback: 'http://listener.example/' },
  ...{ isSuffixed: false, headers: {}, subscription: readSubscription(undefined), signer: new Webhook(SECRET) },
  earlierSigner: undefined
}
const EVENT: EventRow = {
  ...{ tenantId: 'demo', partnerId: undefined, id: 'e', position: 1, eventType: 'CustomerBillCreateEvent' },
  ...{ eventTime: NOW, correlationId: undefined, resourcePath: 'customerBill', resourceId: 'b', resourceVersion: 1 },
  document: '{}'
}

test('a post that has waited for its turn is not begun when nothing may be sent any more', async () => {
  const posted: string[] = []
  const first = Promise.withResolvers<void>()
  const sending = {
    client: {
      post: async ({ body }: { readonly body: string }) => {
        posted.push(body)
        await first.promise
        return { status: 204, fault: undefined, durationMs: 1, answer: '', retryAfterMs: undefined }
      },
      close: async () => undefined
    },
    ...{ clock: () => NOW, newId: () => 'a', timeoutMs: 1_000, signal: new AbortController().signal },
    ...{ ofHost: slotsByKey(1), ofTenant: slotsByKey(1) }
  }
  let isOver = false
  const [one, two] = ['one', 'two'].map((text) => send(sending, LISTENER, EVENT, text, () => !isOver))
  isOver = true
  first.resolve()
  expect(await one).toMatchObject({ status: 204, eventId: 'e' })
  expect(await two).toBeUndefined()
  expect(posted).toEqual(['one'])
})
