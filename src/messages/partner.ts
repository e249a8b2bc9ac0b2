import { is, messages } from './message.ts'

/** The API for partners: its parameters, which come by the query string or the body. */
export const PARTNERS = messages('partner', {
  parameters: is.badRequest`${'initial_date is required; amount must be a decimal number'}`,
  repeated: is.badRequest`${'account_number'} may be given once only`,
  unknown: is.badRequest`${'colour'} is no parameter here; there are ${['account_number', 'partner_account']}`,
  notText: is.badRequest`${'account_number'} must be a text or a number`,
  unknownAccount: is.notFound`account_number names no billing account`,
  determined: is.badRequest`rate must not have ${'billingAccount'}, which the hold determines`,
  unknownHold: is.notFound`hold names no hold`,
  noOwnAccount: is.notFound`The partner has no billing account of its own`,
  needsPartner: is.badRequest`partner_account is required: this is about the account of a partner`,
  accountInactive: is.conflict`The account is ${'ARCHIVED'}; only ACTIVE accounts are charged`,
  holdEnded: is.conflict`The hold is ${'released'}; it ends once`,
  holdCaptured: is.conflict`The hold was captured with another amount; it ends once`,
  currencies: is.conflict`The account is in ${'EUR'}, that of the partner in ${'USD'}; funds are not exchanged`,
  notGiven: is.conflict`The balance that the amount is taken from, with its credit limit, covers only ${'2.5'}`,
  notCovered: is.conflict`The amount is more than the hold, or the hold has expired, and the balance covers only
    ${'2.5'}`
})
