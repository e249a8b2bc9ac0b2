import { is, messages } from './message.ts'

export const ACCESS = messages('access', {
  oneCredential: is.invalidHeader`One credential is enough: send Authorization or token, not both`,
  missing: is.missingCredentials`Send ${'`Authorization: Bearer <token>`'}`,
  notUnderstood: is.invalidCredentials`This Authorization is not understood. Send ${'`Authorization: Bearer <token>`'}`,
  unknownKey: is.invalidCredentials`There is no such API key`,
  foreignAddress: is.invalidCredentials`This API key may not be used from this address`,
  unreadableAddresses: is.invalidCredentials`The address list of this API key cannot be read`,
  expired: is.expiredCredentials`The credential has expired`,
  tokenExpired: is.expiredCredentials`The access token has expired`,
  tokenRevoked: is.invalidCredentials`The token was revoked`,
  grantTakenBack: is.invalidCredentials`What this token was granted has been taken back`,
  token: is.invalidCredentials`The access token is refused: ${'its signature is wrong'}`,
  scope: is.forbidden`This needs the scope ${'bill:write'}`,
  providerOnly: is.forbidden`This is for the provider, not for partners`,
  noProxy: is.forbidden`proxy_accountNumber is not supported here`,
  proxyOfPartner: is.forbidden`${'proxy_accountNumber'} is for the provider; a partner acts as itself`,
  proxyScope: is.forbidden`${'proxy_accountNumber'} needs the scope partner`,
  twoProxies: is.invalidHeader`proxy_accountNumber and proxy-accountNumber name different partners; send one of them`,
  unknownPartner: is.forbidden`${'proxy_accountNumber'} names no partner of this provider`,
  tooManyRefused: is.tooManyRequests`Too many requests were refused here; try again later`,
  tooManyAttempts: is.tooManyRequests`Too many failed attempts; try again later`,
  tooManyPasswords: is.unavailable`Too many passwords are being checked; try again later`
})
