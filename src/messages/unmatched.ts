import { is, messages } from './message.ts'

/** Reasons why money that came in was matched with no bill and no account. */
export const UNMATCHED = messages('unmatched', {
  nothingNamed: is.reason`It names no bill and no account`,
  unknown: is.reason`No account is called ${'INV-2026-000180'}, and no bill of your name space`,
  severalBills: is.reason`It may be for several bills: ${['INV-2026-000180', 'INV-2026-000181']}`,
  severalAccounts: is.reason`It may be for several accounts: ${['BA-100031', 'BA-100032']}`,
  otherSystem: is.reason`The account of the bill is one of another system: ${['U-2026-17']}`,
  otherCurrency: is.reason`It is in ${'USD'}, and what it is for in ${'EUR'}`,
  archived: is.reason`The account ${'BA-100031'} is archived`,
  returned: is.reason`Money went back, or came back: the payment it belongs to may have to be reversed`
})
