import type { Answer } from '../support/answer.ts'

/** The events of `correct`, but those of its bill. */
export const CORRECTED = [
  'WriteOffCreateEvent',
  'WriteOffStateChangeEvent',
  'CreditNoteCreateEvent',
  'CancelAndRebillCreateEvent',
  'CancelAndRebillStateChangeEvent',
  'RefundCreateEvent',
  'AdjustmentCreateEvent'
]

/**
 * Writes a bill off of which a euro was paid, bills it anew, credits all of that, pays the euro out, and
 * charges one.
 */
export async function correct(
  posted: (path: string, body: object) => Promise<unknown>,
  account: string,
  bill: string,
  ask: (method: 'GET', path: string) => Promise<{ readonly body: Answer }>
): Promise<void> {
  const billing = '/billing/v1'
  const [of, reason] = [{ bill: { id: bill } }, 'goodwill']
  await posted(`${billing}/writeOff`, { ...of, reason })
  await posted(`${billing}/cancelAndRebill`, { ...of, reason })
  const { body } = await ask('GET', `${billing}/cancelAndRebill?bill.id=${bill}`)
  await posted(`${billing}/creditNote`, { bill: { id: body[0].newBill[0].id }, reason, all: true })
  const amount = { unit: 'EUR', value: 1 }
  await posted(`${billing}/refund`, { billingAccount: { id: account }, amount, method: 'cash', reason })
  await posted(`${billing}/adjustment`, { billingAccount: { id: account }, amount, reason })
}
