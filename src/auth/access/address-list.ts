import { BlockList, isIP } from 'node:net'

export interface AddressList {
  readonly ipv4: BlockList
  readonly ipv6: BlockList
}

/** An address in one spelling; IPv4 mapped into IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */
interface Address {
  readonly family: 'ipv4' | 'ipv6'
  readonly text: string
}

const BITS = { ipv4: 32, ipv6: 128 } as const
/** Leading bits of an IPv6 address before a mapped IPv4 address (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Reads addresses (`192.0.2.1`, `2001:db8::1`) and ranges (`192.0.2.0/24`), or returns the first faulty entry. An empty
 * list matches nothing. Entries have no zone: a zone means something on one machine only.
 */
export function parseAddressList(entries: readonly string[]): AddressList | { readonly faulty: string } {
  const list = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const entry of entries) {
    const range = parseRange(entry)
    if (!range) return { faulty: entry }
    list[range.family].addSubnet(range.text, range.bits, range.family)
  }
  return list
}

/** Takes an address with or without a zone (`fe80::1%eth0`); any other text is not listed. */
export function isListed(list: AddressList, address: string): boolean {
  const known = parseAddress(withoutZone(address))
  return known !== undefined && list[known.family].check(known.text, known.family)
}

/**
 * Returns the network of one caller: an IPv4 address, or the /64 of an IPv6 address. Each network has one spelling.
 * Undefined for any other text.
 */
export function networkOf(address: string): string | undefined {
  const known = parseAddress(withoutZone(address))
  if (known?.family !== 'ipv6') return known?.text
  return `${groupsOf(known.text).slice(0, NETWORK_GROUPS).join(':')}::/64`
}

function parseRange(entry: string): (Address & { readonly bits: number }) | undefined {
  const [text = '', length, ...more] = entry.split('/')
  const address = parseAddress(text)
  if (!address || more.length > 0) return undefined
  const bits = length === undefined ? BITS[address.family] : prefixLength(address, text, length)
  return bits === undefined ? undefined : { ...address, bits }
}

/** Returns the length of a prefix. For a mapped IPv4 address it counts from the first bit of the IPv6 form. */
function prefixLength({ family }: Address, source: string, length: string): number | undefined {
  const isMapped = family === 'ipv4' && isIP(source) === 6
  const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) - (isMapped ? MAPPED_BITS : 0) : -1
  return bits >= 0 && bits <= BITS[family] ? bits : undefined
}

function parseAddress(source: string): Address | undefined {
  const version = isIP(source)
  if (version === 4) return { family: 'ipv4', text: source }
  if (version !== 6 || source.includes('%')) return undefined
  // A URL prints an IPv6 address in one way (RFC 5952), without a dotted end.
  const text = new URL(`http://[${source}]`).hostname.slice(1, -1)
  const [, high, low] = MAPPED.exec(text) ?? []
  return high && low ? { family: 'ipv4', text: `${dotted(high)}.${dotted(low)}` } : { family: 'ipv6', text }
}

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

function dotted(group: string): string {
  const bits = Number.parseInt(group, 16)
  return `${bits >> 8}.${bits & 0xff}`
}

function withoutZone(address: string): string {
  return isIP(address) === 6 ? address.replace(/%.*$/, '') : address
}

function groupsOf(text: string): readonly string[] {
  const [head = [], tail] = text.split('::').map((part) => part.split(':').filter(Boolean))
  if (!tail) return head
  return [...head, ...new Array<string>(GROUPS - head.length - tail.length).fill('0'), ...tail]
}
