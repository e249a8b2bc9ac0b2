import { is, messages } from './message.ts'

/** Reasons of guesses at the bill or account of an unmatched payment. */
export const GUESSES = messages('guess', {
  amount: is.reason`The bill has exactly this amount left to pay`,
  debtorName: is.reason`The account has the name of the debtor, ${'Radhaus Falkensee'}`,
  named: is.reason`The payment has its number, ${'2026-17'}`,
  nearReference: is.reason`The payment has ${'RF15 INV2 0260 0018 0'}, which is nearly its number or reference`
})
