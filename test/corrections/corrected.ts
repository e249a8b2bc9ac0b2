import type { Answer } from '../support/answer.ts'
import { TENANT } from '../support/database.ts'

/** The events of `correct`, but those of its bill. */
export const CORRECTED = [
  'WriteOffCreateEvent',
  'WriteOffStateChangeEvent',
  'CreditNoteCreateEvent',
  'CancelAndRebillCreateEvent',
  'CancelAndRebillStateChangeEvent',
  'RefundCreateEvent',
  'AdjustmentCreateEvent',
  'CorrectionApprovalCreateEvent',
  'CorrectionApprovalStateChangeEvent',
  'DisputeCreateEvent',
  'DisputeStateChangeEvent'
]

interface Requests {
  /** Returns the id of what was made. */
  posted(path: string, body: object): Promise<string>
  does(method: 'POST' | 'PATCH', path: string, body?: object): Promise<void>
  ask(method: 'GET', path: string): Promise<{ readonly body: Answer }>
}

/**
 * Disputes a bill of which a euro was paid, writes it off, bills it anew, credits all of that, pays the euro out, and
 * charges one, but not another.
 */
export async function correct({ posted, does, ask }: Requests, account: string, bill: string): Promise<void> {
  const billing = '/billing/v1'
  const [of, reason] = [{ bill: { id: bill } }, 'goodwill']
  const dispute = await posted(`${billing}/dispute`, { ...of, reason: 'other', all: true })
  await posted(`${billing}/dispute/${dispute}/cancel`, {})
  await posted(`${billing}/writeOff`, { ...of, reason })
  await posted(`${billing}/cancelAndRebill`, { ...of, reason })
  const { body } = await ask('GET', `${billing}/cancelAndRebill?bill.id=${bill}`)
  await posted(`${billing}/creditNote`, { bill: { id: body[0].newBill[0].id }, reason, all: true })
  const amount = { unit: 'EUR', value: 1 }
  await posted(`${billing}/refund`, { billingAccount: { id: account }, amount, method: 'cash', reason })
  const charge = { billingAccount: { id: account }, amount, reason }
  await posted(`${billing}/adjustment`, charge)
  const tenant = `/admin/v1/tenant/${TENANT}`
  await does('PATCH', tenant, { correctionApprovalLimits: { EUR: 0.99 } })
  await does('POST', `${billing}/correctionApproval/${await posted(`${billing}/adjustment`, charge)}/reject`)
  await does('PATCH', tenant, { correctionApprovalLimits: null })
}
