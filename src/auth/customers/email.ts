import { domainToASCII } from 'node:url'
import { plainText } from '../../base/plain-text.ts'

const LENGTH_MAX = 254
/** RFC 5321, section 4.5.3.1.1. */
const LOCAL_LENGTH_MAX = 64
/** No blanks, control characters, quotes, or what would separate addresses in a header. */
const ADDRESS = /^([^\s\p{C}@<>,;:"()[\]\\]+)@([^\s\p{C}@<>,;:"()[\]\\%/?#]+)$/u
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

/**
 * Returns the one form of an address in which sign-ins are compared: lower case, Unicode NFC, the domain in ASCII
 * (IDNA). Undefined for a text that is no address.
 */
export function normalEmail(sent: string): string | undefined {
  if (sent.length > LENGTH_MAX) return undefined
  const [, local = '', host = ''] = ADDRESS.exec(plainText(sent)) ?? []
  const name = local.toLowerCase().normalize('NFC')
  const domain = domainToASCII(host)
  if (name === '' || name.length > LOCAL_LENGTH_MAX || !isDomain(domain)) return undefined
  const email = `${name}@${domain}`
  return email.length <= LENGTH_MAX ? email : undefined
}

function isDomain(domain: string): boolean {
  return DOMAIN.test(domain) && !domain.includes('..')
}
