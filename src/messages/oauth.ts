import { is, messages } from './message.ts'

/** Tokens and signing in. The endpoints of OAuth send the text as error_description, without the code. */
export const OAUTH = messages('oauth', {
  mediaType: is.unsupportedMediaType`The body must be ${'application/x-www-form-urlencoded'}`,
  bodyTooLarge: is.payloadTooLarge`The body may have ${16_384} bytes`,
  parameterTwice: is.invalidField`A parameter must not be sent twice`,
  parameterTooLong: is.invalidField`A parameter must be at most ${4_096} characters long`,
  parameterNotUtf8: is.invalidField`A parameter must be UTF-8`,
  parameterNul: is.invalidField`A parameter must not contain NUL`,
  tooManyParameters: is.invalidField`There may be ${40} parameters at most`,
  queryParameters: is.invalidQuery`The parameters must be in the body; in the query string they end up in logs`,
  twoWays: is.invalidField`The client must authenticate in one way: by Authorization or by client_secret`,
  twoClients: is.invalidField`Authorization and client_id must not name different clients`,
  noClient: is.badRequest`The request does not say which application it is from`,
  unknownClient: is.badRequest`The request is from an application that is not known here`,
  noReturn: is.badRequest`The request does not say where to return to`,
  unknownReturn: is.badRequest`The request wants to return to an address that is not registered`,
  foreignForm: is.forbidden`The form was sent by another site; go back to the application and start again`,
  emptyForm: is.badRequest`Enter your username and your password`,
  wrongPassword: is.forbidden`The username or the password is wrong`
})
