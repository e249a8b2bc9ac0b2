import { is, messages } from './message.ts'

export const CORRECTIONS = messages('correction', {
  providerCorrects: is.forbidden`Only the provider corrects bills; a partner reads its corrections`,
  oneWay: is.invalidField`The body must have exactly one of $.all, $.amount and $.lines`,
  unknownReason: is.invalidField`$.reason must be one of the reasons of the tenant: ${['wrongAmount', 'goodwill']}`,
  ofCreditNote: is.conflict`$.bill.id names a credit note; a credit note is not credited`,
  foreignBill: is.conflict`$.bill.id names a bill of another system; it is corrected there`,
  notIssued: is.conflict`$.bill.id names a bill that was never issued; take it back instead`,
  nothingLeft: is.conflict`Nothing of this bill is left to credit`,
  moreThanLeft: is.conflict`The credit note of ${'119'} ${'EUR'} exceeds what is left to credit of this bill, which is
    ${'59.5'}`,
  currency: is.invalidField`${'$.amount'}.unit must be ${'EUR'}, the currency of the bill or payment`,
  unknownLine: is.invalidField`${'$.lines[0].rate.id'} names no line of this bill`,
  lineTwice: is.invalidField`${'$.lines[1].rate.id'} must not name a line for the second time`,
  lineOutside: is.conflict`${'$.lines[0].amount'} must be of the sign of ${'12.5'}, which is left to credit of the line,
    and not exceed it`,
  typeOutside: is.conflict`The lines give back more of the type ${'usageCharge'} than is left to credit of it, which is
    ${'12.5'}`,
  notPositive: is.conflict`The lines must give something back; they add up to ${'0'}`,
  partlyCredited: is.conflict`A part of this bill is credited already, and its lines cannot be billed anew without it;
    credit the rest by a credit note, and send the right rates`,
  neverRebilled: is.conflict`The billing account is ${'ARCHIVED'}: no run bills it; bill the lines anew now`,
  notRebilled: is.conflict`The lines cannot be billed anew: ${'A tax is in USD, the account in EUR'}`,
  notOwed: is.conflict`Only a bill that is owed is written off; it is ${'settled'}`,
  moreThanCredit: is.conflict`The refund of ${'50'} ${'EUR'} exceeds the credit that can be paid out, which is
    ${'11.9'}`,
  oneSource: is.invalidField`The body must have exactly one of $.billingAccount and $.payment`,
  unknownTaxCategory: is.invalidField`$.taxCategory must be one of the taxes of the account: ${['VAT']}`,
  noTaxes: is.invalidField`$.taxCategory must be left out: the account has no taxes`,
  accountCurrency: is.invalidField`$.amount.unit must be ${'EUR'}, the currency of the bills of the account`,
  accountArchived: is.conflict`The billing account is archived and cannot be adjusted`,
  decided: is.conflict`The correction is ${'approved'} already`,
  ownRequest: is.forbidden`Another user approves: nobody approves their own correction`,
  noPerson: is.forbidden`A user approves a correction; a client or a key does not`,
  changedSince: is.conflict`The correction would be of ${'40'} ${'EUR'} by now, not of ${'50'} as asked for; reject it
    and ask again`,
  unknownState: is.invalidQuery`The state of an approval must be one of ${['pendingApproval', 'approved', 'rejected']}`,
  referenceTaken: is.conflict`Another correction has this reference already`
})
