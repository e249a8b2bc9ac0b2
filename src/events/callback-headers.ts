import { jsonPath } from '../base/json-path.ts'
import { SUBSCRIPTIONS } from '../messages/subscription.ts'
import { list, plainObject, text } from '../tmf/declaration/shape.ts'

const HEADERS_MAX = 20
const NAME_MAX_LENGTH = 100
const VALUE_MAX_LENGTH = 2_048
const NAME = /^[A-Za-z0-9_.-]+$/
/** Visible ASCII characters, with blanks between them only: no line break could end the header. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** Set by the server, by its client, or for one connection (RFC 9110, section 7.6.1). */
const OWN = [
  ...['accept-encoding', 'connection', 'content-encoding', 'content-length', 'content-type', 'date', 'expect', 'host'],
  ...['keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'user-agent', 'via']
]
const OWN_PREFIX = 'webhook-'

/** A header that is sent with every event. Its value is never shown again. */
export interface CallbackHeader {
  readonly name: string
  readonly value?: string
}

export const callbackHeaders = list(
  plainObject('CallbackHeader', {
    name: [text(NAME_MAX_LENGTH), 'Name of the header', 'required'],
    value: [text(VALUE_MAX_LENGTH), 'Its value, never shown again; a patch without it keeps the value there is']
  }),
  HEADERS_MAX
)

/** Throws `invalidField` for a header that must not be sent, and `missingField` where there is no value to keep. */
export function checkHeaders(headers: readonly CallbackHeader[], before: readonly CallbackHeader[]): void {
  for (const [at, { name, value }] of headers.entries()) {
    const place = (member: string) => jsonPath(['headers', at, member])
    const lower = name.toLowerCase()
    if (!NAME.test(name)) throw SUBSCRIPTIONS.headerName(place('name'), NAME_MAX_LENGTH)
    if (OWN.includes(lower) || lower.startsWith(OWN_PREFIX)) throw SUBSCRIPTIONS.ownHeader(place('name'), name)
    if (headers.findIndex((other) => isNamed(other, name)) < at) throw SUBSCRIPTIONS.headerTwice(place('name'))
    if (value === undefined && !before.some((other) => isNamed(other, name))) {
      throw SUBSCRIPTIONS.headerWithoutValue(place('value'), name)
    }
    if (value !== undefined && !VALUE.test(value)) throw SUBSCRIPTIONS.headerValue(place('value'), VALUE_MAX_LENGTH)
  }
}

/** Returns the headers to send, by name: those of before where a value is left out. */
export function headersToSend(
  headers: readonly CallbackHeader[],
  before: Readonly<Record<string, string>>
): Readonly<Record<string, string>> {
  const kept = Object.entries(before)
  return Object.fromEntries(
    headers.map(({ name, value }) => [name, value ?? kept.find(([other]) => isNamed({ name: other }, name))?.[1] ?? ''])
  )
}

function isNamed(header: CallbackHeader, name: string): boolean {
  return header.name.toLowerCase() === name.toLowerCase()
}
