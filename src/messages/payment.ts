import { is, messages } from './message.ts'

export const PAYMENTS = messages('payment', {
  noFields: is.invalidQuery`A payment is answered as a whole; leave fields out`,
  billTwice: is.invalidField`$.bills[${1}].id must not name a bill for the second time`,
  unknownBill: is.invalidField`${'$.bills[0].id'} names no bill of this billing account`,
  billNotPayable: is.conflict`${'$.bills[0].id'} names a bill that cannot be paid; it is ${'onHold'}`,
  severalBills: is.invalidField`${'$.billNo'} stands for ${2} bills; name the bill by its id`,
  foreignBill: is.invalidField`${'$.billNo'} must name a bill of a billing account of this service`,
  billCurrency: is.invalidField`${'$.bills[0].id'} names a bill in ${'USD'}; it must be in ${'EUR'}`,
  tooManyDecimals: is.conflict`The amount ${'1.001'} has more decimals than ${'EUR'}, the currency of the payment`,
  valueDateAhead: is.invalidField`$.valueDate must be ${'2026-12-01'}, which is tomorrow, at the latest`,
  accountArchived: is.conflict`The billing account is archived and cannot be paid`,
  referenceTaken: is.conflict`Another payment has this reference already`,
  referenceHeld: is.conflict`An open unmatched payment has this reference; assign or dismiss that`,
  transfer: is.conflict`A transfer is not reversed; the partner moves the money back`,
  adjustment: is.conflict`What an adjustment gave is not reversed; make one of the opposite amount`,
  reversed: is.conflict`This payment is reversed already`,
  notOpen: is.conflict`It is ${'assigned'}; only open money is assigned or dismissed, and only dismissed money opened
    again`,
  assignedOnce: is.invalidField`The body must have exactly one of $.billingAccount, $.bill and $.state`,
  noReason: is.missingField`$.reason must say why, with the state dismissed and no other`,
  notAssignable: is.conflict`A return cannot be assigned; reverse the payment, then dismiss it`
})
