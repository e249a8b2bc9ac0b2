import { is, messages } from './message.ts'

export const ADMIN = messages('admin', {
  operatorOnly: is.forbidden`Only the tenant that operates this service creates tenants`,
  nothingToChange: is.invalidBody`There must be at least one of ${['name', 'timeZone', 'currency']}`,
  timeZone: is.invalidField`$.timeZone ${'must be UTC or a time zone of the IANA database with its area'}`,
  logo: is.invalidField`$.branding.logo ${'must be a PNG of 8 bits per colour'}`,
  numberPatternCollides: is.conflict`${'$.billNumberPattern'} could give a bill a number that ${'INV-{1}'} gives to
    another bill`,
  oneSeries: is.conflict`$.creditNoteNumberPattern must number credit notes apart from bills, whose pattern is
    ${'INV-{yyyy}-{000001}'}`,
  noElement: is.invalidField`${['$.scope']} must have at least one element`,
  elementTwice: is.invalidField`${['$.scope']} must not have an element twice`,
  password: is.invalidField`$.password must be a text of ${8} to ${128} characters`,
  expiryPassed: is.invalidField`$.expiresAt must lie in the future`,
  addressesAllowNobody: is.invalidField`$.allowedAddresses allows nobody; leave it out to allow every address`,
  listTooLong: is.invalidField`${'$.redirectUris'} must be at most ${20} elements long`,
  notAnAddress: is.invalidField`$.allowedAddresses has ${'"10.0.0"'}; each must be an IPv4 or IPv6 address or CIDR
    range`,
  publicGrantTypes: is.invalidField`$.grantTypes of a public client may be ${['authorization_code', 'refresh_token']}
    only`,
  redirectUrisMissing: is.missingField`$.redirectUris is required for the grant type authorization_code`,
  redirectUri: is.invalidField`${'$.redirectUris[0]'} must be an https URI, or http on loopback, without fragment and
    user`,
  keyExpired: is.conflict`This apiKey has expired and cannot be rotated; create another one`,
  noSecret: is.conflict`A public ${'client'} has no secret`
})
