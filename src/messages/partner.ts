import { is, messages } from './message.ts'

/** The API for partners: its parameters, which come by the query string or the body. */
export const PARTNERS = messages('partner', {
  parameters: is.badRequest`${'initial_date is required; amount must be a decimal number'}`,
  repeated: is.badRequest`${'account_number'} may be given once only`,
  unknown: is.badRequest`${'colour'} is no parameter here; there are ${['account_number', 'partner_account']}`,
  notText: is.badRequest`${'account_number'} must be a text or a number`,
  unknownAccount: is.notFound`account_number names no billing account`
})
