import { is, messages } from './message.ts'

export const BILLS = messages('bill', {
  accountMissing: is.missingField`$.billingAccount or $.financialAccount is required`,
  partyMissing: is.missingField`$.billingAccount or $.relatedParty is required`,
  newRequestState: is.invalidField`$.state of a new request must be inProgress, or left out`,
  issued: is.conflict`A bill that was ever issued cannot be deleted; this one is ${'sent'}`,
  holdReason: is.invalidField`${'$.holdReason is the reason of a hold; send it with the state onHold'}`,
  currencies: is.invalidField`$.remainingAmount.unit must be that of $.amountDue, which is ${'EUR'}`,
  taxesTooLarge: is.invalidField`The taxes of $.taxItem must add up to less than 1000000000000000 in size`,
  settledWithRest: is.invalidField`A bill may be settled only when its remainingAmount is 0; it is ${'12.5'}`,
  notPartlyPaid: is.invalidField`A bill may be partiallyPaid only when its remainingAmount lies between 0 and
    amountDue`,
  stateByAmounts: is.conflict`${'A bill may be settled only when …'}${'; the bill may go to sent'}`,
  ownNumber: is.invalidField`$.billNo must not be a number that this service gives itself, by the pattern ${'INV-{5}'},
    nor differ from one in case or punctuation alone`,
  noteAboveZero: is.invalidField`${'$.amountDue.value'} of a credit note must not be above 0`,
  noteDoesNotAddUp: is.invalidField`A credit note must add up: its parts make ${'-119'}, but it states ${'-120'}; the
    amount before tax and the taxes make the amount with tax, which is the amount due`,
  tooManyDecimals: is.invalidField`$.${'amountDue'}.value of a bill of this billing account may have at most ${2}
    decimals in ${'EUR'}`,
  remainingOutside: is.invalidField`$.remainingAmount of a bill of this billing account must lie between 0 and
    amountDue`,
  accountInactive: is.conflict`The billing account is ${'SUSPENDED'}; only an ACTIVE one has a preview`,
  notDrafted: is.conflict`${'The rate 01M7 is in USD, the account in EUR'}`,
  previewTooLarge: is.conflict`The account has more than ${10_000} rates to bill: too many for a preview; a dry run has
    its bill`,
  summaryTooLong: is.invalidQuery`The summary has more than ${10_000} rows; ask for one by fewer of type, product and
    day, or for one of them only`
})
