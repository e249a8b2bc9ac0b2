import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type AddressList, isListed, parseAddressList } from '../auth/access/address-list.ts'
import { CALLBACKS } from '../messages/callback.ts'
import { within } from '../pace/within.ts'

/** Returns all addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

/** Networks that may be called although they are not public. */
export const NO_NETWORKS = parseNetworks([])
export const LOOPBACK = parseNetworks(['127.0.0.0/8', '::1'])

/** Longest wait for the addresses of a name at a subscription; a later answer counts as none. */
const RESOLVE_LIMIT_MS = 2_000
/** A blank or a control character, which a parser of addresses would drop, and `\`, which it takes for `/`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const MISREAD = /[\s\\\u0000-\u001f\u007f]/
/** Addresses of services for the machine itself that lie among the public ones: Azure's, for one. */
const OF_THE_MACHINE = ['168.63.129.16']
/** Addresses of the global unicast range 2000::/3 (RFC 4291, section 2.4) begin with these three bits. */
const GLOBAL_UNICAST = 0b001
const BITS_AFTER = 5

/**
 * Checks the address of a callback, given by a client. Throws a Problem for anything but an http(s) address without
 * user and fragment that leads to public or allowed addresses only. A name without an address is accepted: it may get
 * one later, and each connection checks again.
 */
export async function requireCallback(
  callback: string,
  allowed: AddressList,
  resolve: Resolve = resolveName
): Promise<void> {
  const url = MISREAD.test(callback) ? null : URL.parse(callback)
  if (!url || !/^https?:\/\//i.test(callback) || url.hostname === '') throw CALLBACKS.notAnAddress()
  if (url.username !== '' || url.password !== '') throw CALLBACKS.user()
  if (callback.includes('#')) throw CALLBACKS.fragment()
  const addresses = await addressesOf(hostOf(url), resolve)
  if (!addresses.every((address) => mayConnect(address, allowed))) throw CALLBACKS.notPublic()
}

/** Reads addresses and ranges. Throws an Error that says what they must be. */
export function parseNetworks(entries: readonly string[]): AddressList {
  const list = parseAddressList(entries)
  if ('faulty' in list) throw new Error('must be a list of addresses and networks such as 10.0.0.0/8,::1')
  return list
}

/** Whether the server may connect to an address: a public one, or one of the allowed networks. */
export function mayConnect(address: string, allowed: AddressList): boolean {
  return isListed(allowed, address) || isPublic(address)
}

/** Returns the host without the brackets of an IPv6 address; every spelling of an address has become the usual one. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

export function resolveName(name: string): Promise<readonly LookupAddress[]> {
  return lookup(name, { all: true })
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (isIP(host) > 0) return [host]
  let found: readonly LookupAddress[] = []
  const resolving = resolve(host).then((addresses) => {
    found = addresses
  })
  await within(RESOLVE_LIMIT_MS, resolving)
  return found.map(({ address }) => address)
}

function isPublic(address: string): boolean {
  // The library would take 0177.1 as well; what the system takes has one spelling.
  if (isIP(address) === 0 || OF_THE_MACHINE.includes(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || Number(parsed.toByteArray()[0]) >> BITS_AFTER === GLOBAL_UNICAST
}
