import { is, messages } from './message.ts'

/** Customers who sign in. */
export const CUSTOMERS = messages('customer', {
  emailTaken: is.conflict`There is a customer with this email already; POST /customer/resetPassword helps one who has
    forgotten the password`,
  wrongCode: is.badRequest`The code is wrong, used or expired, or there is no such customer; after ${5} wrong codes ask
    for a new one`,
  wrongLink: is.badRequest`The link was used, has expired, or is none of this service; ask for a new one`,
  wrongPassword: is.badRequest`The present password is wrong`,
  notConfirmed: is.forbidden`The email address is not confirmed yet; use the code of the mail that it got`,
  linkHasNoPassword: is.forbidden`Who came by a link has no password to change; sign in with the password first`,
  passwordLength: is.badRequest`password must have ${10} to ${256} characters`,
  passwordIsEmail: is.badRequest`password must not be the email address`,
  tooMany: is.tooManyRequests`Too many requests for this ${'account'}; try again later`
})
