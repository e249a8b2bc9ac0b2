import { BlockList, isIP } from 'node:net'

/** Addresses and ranges, by family, so that one family can never match the other. */
export interface AddressList {
  readonly ipv4: BlockList
  readonly ipv6: BlockList
}

/** An address in one spelling; an IPv4 address that comes as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
interface Address {
  readonly family: 'ipv4' | 'ipv6'
  readonly text: string
}

const BITS = { ipv4: 32, ipv6: 128 } as const
/** Leading bits of an IPv6 address that stand before the IPv4 address mapped into it (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96
/** Groups of 16 bits of an IPv6 address, and how many of them name the network of one customer. */
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Reads addresses (`192.0.2.1`, `2001:db8::1`) and ranges (`192.0.2.0/24`), or names the first entry that is neither.
 * An empty list lets nobody in. An entry has no zone: its name means something on one machine only.
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

/** Whether the list holds an address, with or without a zone (`fe80::1%eth0`); what is no address is on no list. */
export function isListed(list: AddressList, address: string): boolean {
  const known = parseAddress(withoutZone(address))
  return known !== undefined && list[known.family].check(known.text, known.family)
}

/**
 * What one caller is expected to hold: an IPv4 address itself, of an IPv6 address its /64. The same text for every
 * spelling; undefined for what is no address.
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

/** The length of a prefix. One that is written for the mapped form of an IPv4 address counts from its first bit. */
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

/** A group of 16 bits as two decimal bytes. */
function dotted(group: string): string {
  const bits = Number.parseInt(group, 16)
  return `${bits >> 8}.${bits & 0xff}`
}

function withoutZone(address: string): string {
  return isIP(address) === 6 ? address.replace(/%.*$/, '') : address
}

/** The eight groups of an IPv6 address as a URL prints it. */
function groupsOf(text: string): readonly string[] {
  const [head = [], tail] = text.split('::').map((part) => part.split(':').filter(Boolean))
  if (!tail) return head
  return [...head, ...new Array<string>(GROUPS - head.length - tail.length).fill('0'), ...tail]
}
