import { describe, expect, test } from 'vitest'
import {
  LOOPBACK,
  mayConnect,
  NO_NETWORKS,
  parseNetworks,
  type Resolve,
  requireCallback
} from '../../src/events/callback-address.ts'

const resolvesTo =
  (...addresses: readonly string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
const unknown: Resolve = () => Promise.reject(new Error('ENOTFOUND'))

describe('an address', () => {
  test.each([
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.255.255'],
    ['link-local', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    ['site-local', 'fec0::1'],
    ['unique local', 'fc00::1', 'fdff::1'],
    ['of a carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
    ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['metadata', '169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
    ['for documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ['for benchmarks', '198.18.0.1', '198.19.255.255', '2001:2::1'],
    ['reserved', '240.0.0.1', '192.88.99.1', '100::1', '5f00::1', '4000::1', '2001:10::1', '2001:20::1', '1::'],
    ['mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1'],
    ['translated', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1', '2002:7f00:1::', '2001:0:7f00:1::'],
    ['none', '', 'localhost', '0177.0.0.1', '0x7f.1', '2130706433', '127.1', '1.2.3', '::g', '8.8.8.8 ']
  ])('that is %s is never connected to', (_, ...addresses) => {
    expect(addresses.filter((address) => mayConnect(address, NO_NETWORKS))).toEqual([])
  })

  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '192.0.1.1', '2606:4700::1111', '2a00:1450::1'])(
    'such as %s is public',
    (address) => {
      expect(mayConnect(address, NO_NETWORKS)).toBe(true)
    }
  )

  test('of an allowed network is connected to, in each of its spellings', () => {
    const allowed = parseNetworks(['10.20.0.0/16', 'fd00::/8'])
    const within = ['10.20.0.1', '::ffff:10.20.0.1', '::ffff:a14:1', 'fd12::1', '8.8.8.8']
    expect(within.filter((address) => !mayConnect(address, allowed))).toEqual([])
    expect(['10.21.0.1', '127.0.0.1', 'fc00::1'].filter((address) => mayConnect(address, allowed))).toEqual([])
  })
})

describe('a callback', () => {
  test.each([
    ['https://portal.example.com/listener?key=1', resolvesTo('93.184.216.34', '2606:2800::1')],
    ['HTTP://93.184.216.34:8080', unknown],
    ['https://[2606:2800::1]/', unknown],
    ['https://not-yet.example.com', unknown],
    ['https://b%C3%BCcher.example', unknown]
  ])('may be %s', async (url, resolve) => {
    await expect(requireCallback(url, NO_NETWORKS, resolve)).resolves.toBeUndefined()
  })

  test.each([
    ['', 'callback.notAnAddress'],
    ['portal.example.com', 'callback.notAnAddress'],
    ['/listener', 'callback.notAnAddress'],
    ['ftp://portal.example.com', 'callback.notAnAddress'],
    ['file:///etc/passwd', 'callback.notAnAddress'],
    ['unix:/run/x.sock', 'callback.notAnAddress'],
    ['https:portal.example.com', 'callback.notAnAddress'],
    ['http:\\\\127.0.0.1', 'callback.notAnAddress'],
    ['http://', 'callback.notAnAddress'],
    ['https://a b', 'callback.notAnAddress'],
    ['https://a.example/\tb', 'callback.notAnAddress'],
    ['https://a.example/\n', 'callback.notAnAddress'],
    [' https://a.example', 'callback.notAnAddress'],
    ['https://a.example:99999', 'callback.notAnAddress'],
    ['https://user@a.example', 'callback.user'],
    ['https://user:secret@a.example', 'callback.user'],
    ['https://a.example/#', 'callback.fragment'],
    ['https://a.example/#x', 'callback.fragment'],
    ['http://127.0.0.1', 'callback.notPublic'],
    ['http://127.1:9000', 'callback.notPublic'],
    ['http://0x7f.1', 'callback.notPublic'],
    ['http://0177.0.0.01', 'callback.notPublic'],
    ['http://2130706433', 'callback.notPublic'],
    ['http://0', 'callback.notPublic'],
    ['http://127.0.0.1.', 'callback.notPublic'],
    ['http://%31%32%37.0.0.1', 'callback.notPublic'],
    ['http://①②⑦.0.0.1', 'callback.notPublic'],
    ['http://[::1]', 'callback.notPublic'],
    ['http://[::ffff:7f00:1]', 'callback.notPublic'],
    ['http://[::ffff:127.0.0.1]', 'callback.notPublic'],
    ['http://[0:0:0:0:0:0:0:1]', 'callback.notPublic'],
    ['http://[64:ff9b::a9fe:a9fe]', 'callback.notPublic'],
    ['http://169.254.169.254/latest/meta-data/', 'callback.notPublic']
  ])('may not be %j', async (url, code) => {
    await expect(requireCallback(url, NO_NETWORKS, unknown)).rejects.toMatchObject({ code, status: 400 })
  })

  test('may not have a name one of whose addresses is not public', async () => {
    const both = resolvesTo('93.184.216.34', '10.0.0.1')
    await expect(requireCallback('https://a.example', NO_NETWORKS, both)).rejects.toMatchObject({
      code: 'callback.notPublic'
    })
  })

  test('may not be this machine under its own name', async () => {
    const refused = { code: 'callback.notPublic' }
    await expect(requireCallback('http://localhost:3000', NO_NETWORKS)).rejects.toMatchObject(refused)
    await expect(requireCallback('http://localhost:3000', LOOPBACK)).resolves.toBeUndefined()
  })

  test('is accepted if its name has no address in time', async () => {
    const never: Resolve = () => new Promise(() => undefined)
    await expect(requireCallback('https://slow.example', NO_NETWORKS, never)).resolves.toBeUndefined()
  })
})
