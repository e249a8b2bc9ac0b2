/** The events of `correct`, but those of its bill. */
export const CORRECTED = [
  'WriteOffCreateEvent',
  'WriteOffStateChangeEvent',
  'CreditNoteCreateEvent',
  'RefundCreateEvent',
  'AdjustmentCreateEvent'
]

/** Writes a bill off of which a euro was paid, credits all of it, pays the euro out, and charges one. */
export async function correct(
  posted: (path: string, body: object) => Promise<unknown>,
  account: string,
  bill: string
): Promise<void> {
  const billing = '/billing/v1'
  const [of, reason] = [{ bill: { id: bill } }, 'goodwill']
  await posted(`${billing}/writeOff`, { ...of, reason })
  await posted(`${billing}/creditNote`, { ...of, reason, all: true })
  const amount = { unit: 'EUR', value: 1 }
  await posted(`${billing}/refund`, { billingAccount: { id: account }, amount, method: 'cash', reason })
  await posted(`${billing}/adjustment`, { billingAccount: { id: account }, amount, reason })
}
