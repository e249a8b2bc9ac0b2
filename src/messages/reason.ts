import { is, messages } from './message.ts'

/** Reasons of accounts without a bill, parked by a run or at the end of a request, and of bills that are held. */
export const REASONS = messages('reason', {
  rateWithoutAmount: is.reason`The rate ${'01M7ZSXF5EZ9Y3V5PTGQPGGM3H'} has no taxExcludedAmount`,
  rateCurrency: is.reason`The rate ${'01M7ZSXF5EZ9Y3V5PTGQPGGM3H'} is in ${'USD'}, the account in ${'EUR'}`,
  taxCurrency: is.reason`A tax is in ${'USD'}, the account in ${'EUR'}`,
  negativeTotal: is.reason`The credits exceed the charges: the total would be ${'-12.5'} ${'EUR'}`,
  databaseRefused: is.reason`The database refuses it: ${'value overflows numeric format'}`,
  discarded: is.reason`discarded`,
  amountOver: is.reason`The amount is over ${'1000'} ${'EUR'}`,
  overMean: is.reason`The amount is over ${'3'} times ${'42.5'} ${'EUR'}, the mean of the last ${6} bills`,
  zero: is.reason`The amount is 0`,
  firstBill: is.reason`It is the first bill of the account`,
  negative: is.reason`The amount is below 0`,
  linesOver: is.reason`It has ${12_000} lines, more than ${10_000}`,
  sample: is.reason`It is in the random sample`,
  nothingToBill: is.reason`There is nothing to bill`,
  balanceTooLow: is.reason`The balance of ${'5'} ${'EUR'} is too low for ${'18.75'} ${'EUR'}`,
  accountUnknown: is.reason`The billing account is unknown`,
  accountInactive: is.reason`The billing account is ${'SUSPENDED'}`,
  partyWithoutOneAccount: is.reason`The relatedParty does not have exactly one billing account here`,
  failed: is.reason`The billing failed; please ask again`
})

/** Codes by which runs and releases count what they skip. */
export const SKIPS = {
  nothingToBill: 'No rate of the account is due',
  noLongerEligible: 'The parked account was archived since, or follows another specification',
  onHold: 'The bill is on hold',
  released: 'The bill is in the state already, or beyond it',
  paid: 'The bill is paid, at least in part'
} as const
