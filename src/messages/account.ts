import { is, messages } from './message.ts'

export const ACCOUNTS = messages('account', {
  country: is.invalidField`$.address.country must be a country of ISO 3166-1, such as DE or DEU`,
  currency: is.invalidField`$.invoiceCurrency must be a currency of ISO 4217, such as EUR`,
  currencyInUse: is.conflict`$.invoiceCurrency cannot change any more: the account has bills or payments`,
  creditLimitCurrency: is.invalidField`$.creditLimit.unit must be the invoiceCurrency, which is ${'EUR'}`,
  creditLimitNegative: is.invalidField`$.creditLimit.value must not be negative`,
  aliasTwice: is.invalidField`${'$.aliases[2]'} must not be there twice: ${'one'}`,
  aliasIsId: is.conflict`${'$.aliases[0]'} is the id of the account: ${'A-1'}`,
  nameTaken: is.conflict`Another account has this id or alias already: ${'$.id A-1, $.aliases[0] one'}`,
  taxRatePeriod: is.invalidField`${'$.taxProfile.rates[0]'}.validFor must end after it starts`,
  taxRatesOverlap: is.invalidField`${'$.taxProfile.rates[1]'} must not hold at the same time as another rate of
    ${'VAT'}`,
  otherPartner: is.invalidField`$.partner.id must be ${'PARTNER-1'}, the partner of the ${'customer'}`
})
