import { is, messages } from './message.ts'

export const RATES = messages('rate', {
  billMissing: is.missingField`$.bill is required when isBilled is true`,
  billUnexpected: is.invalidField`$.bill may be sent with isBilled true only`,
  accountMissing: is.missingField`$.billingAccount is required when isBilled is false`,
  externalIdBlank: is.invalidField`$.externalId must not be blank`,
  creditPositive: is.invalidField`$.taxExcludedAmount.value must not be positive on an ${'appliedBillingCredit'}`,
  billOfEngine: is.conflict`A rate cannot join a bill that was made of rates; let it go onto the next one`,
  billIssued: is.conflict`A rate cannot join a bill that was issued; this one is ${'sent'}`,
  ofAdjustment: is.conflict`The rate of an adjustment keeps its ${'taxExcludedAmount'}; make an opposite adjustment`,
  billed: is.conflict`A billed rate cannot be ${'changed'}; correct it by another rate`
})
