import { is, messages } from './message.ts'

export const SSO = messages('sso', {
  notSignedIn: is.forbidden`The identity provider did not sign you in: ${'access_denied'}`,
  otherIssuer: is.badRequest`The answer is of another issuer`,
  noCode: is.badRequest`The answer of the identity provider has no code`,
  codeRefused: is.badRequest`The identity provider does not take its code back; begin again at ${'/sso/login'}`,
  notBegunHere: is.badRequest`This sign-in was not begun here, or long ago; begin again at ${'/sso/login'}`,
  providerFails: is.unavailable`The identity provider does not answer as it should; try again later`,
  idToken: is.forbidden`The ID token of the identity provider is refused: ${'it has expired'}`,
  noSubject: is.forbidden`The identity provider does not say who you are`,
  noRole: is.forbidden`The identity provider gives you no role that opens anything here`,
  unknownTenant: is.forbidden`The identity provider names no provider that is known here`,
  unknownPartner: is.forbidden`The identity provider names no partner that is known here`
})
