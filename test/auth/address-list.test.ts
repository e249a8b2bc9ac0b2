import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AddressList, isListed, networkOf, parseAddressList } from '../../src/auth/access/address-list.ts'

describe('a list', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '0:0:0:0:0:FFFF:c000:0201', true],
    ['192.0.2.1', '::192.0.2.1', false],
    ['192.0.2.77/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:10.0.0.0/104', '10.255.0.1', true],
    ['::ffff:10.0.0.0/104', '11.0.0.1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '127.0.0.1', false],
    ['::/0', '::ffff:127.0.0.1', false],
    ['2001:db8::/32', '2001:DB8:0:0::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['fe80::1', 'fe80::1%eth0', true],
    ['fe80::1', 'fe80::2%eth0', false],
    ['0.0.0.0/0', 'localhost', false],
    ['0.0.0.0/0', '', false],
    ['0.0.0.0/0', '10.0.0.1%eth0', false],
    ['0.0.0.0/0', '10.0.0.1, 10.0.0.2', false]
  ])('with %s holds %s: %s', (entry, address, isHeld) => {
    expect(isListed(listOf([entry]), address)).toBe(isHeld)
  })

  test('holds what one of its entries holds, and nothing without entries', () => {
    const list = listOf(['10.0.0.0/8', '192.0.2.1', '::1'])
    expect(['10.1.2.3', '192.0.2.1', '::1', '192.0.2.2'].map((it) => isListed(list, it))).toEqual([
      true,
      true,
      true,
      false
    ])
    expect(['10.1.2.3', '::1', '0.0.0.0', '::'].some((it) => isListed(listOf([]), it))).toBe(false)
  })

  test.each([
    '',
    'localhost',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.256',
    ' 10.0.0.1',
    '10.0.0.1/',
    '10.0.0.1/33',
    '10.0.0.1/08',
    '10.0.0.1/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '::1/129',
    '[::1]',
    ':::1',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/129',
    'fe80::1%eth0',
    'fe80::%eth0/64'
  ])('has no entry %j', (entry) => {
    expect(parseAddressList(['10.0.0.1', entry, 'also wrong'])).toEqual({ faulty: entry })
  })

  test.each([
    { family: 'IPv4', bits: 32, print: printIpv4 },
    { family: 'IPv6', bits: 128, print: printIpv6 }
  ])('of $family ranges holds what arithmetic says', ({ bits, print }) => {
    const number = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })
    const near = fc.tuple(number, fc.integer({ min: 0, max: bits }), fc.integer({ min: 0, max: bits - 1 }))
    const far = fc.tuple(number, number)
    fc.assert(
      fc.property(near, far, fc.boolean(), ([network, length, flipped], [other], isNear) => {
        // Addresses that differ from the network in one bit test both sides of every border.
        const address = isNear ? network ^ (1n << BigInt(flipped)) : other
        const rest = BigInt(bits - length)
        const list = listOf([`${print(network)}/${length}`])
        expect(isListed(list, print(address))).toBe(network >> rest === address >> rest)
        expect(isListed(list, print(network))).toBe(true)
      }),
      { numRuns: 1_000 }
    )
  })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::2:3:4:5', '2001:db8:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', undefined]
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

function listOf(entries: readonly string[]): AddressList {
  const list = parseAddressList(entries)
  if ('faulty' in list) throw new Error(`faulty: ${list.faulty}`)
  return list
}

function printIpv4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')
}

function printIpv6(address: bigint): string {
  return Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(
    ':'
  )
}
