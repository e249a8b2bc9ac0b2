import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readAddress, readBranding } from '../../src/documents/content/branding.ts'
import { readable, tint } from '../../src/documents/content/colour.ts'
import { decodeLogo } from '../../src/image/logo.ts'
import { ATTEMPTS, longestTurnMs, TURN_MAX_MS } from '../support/turns.ts'
import { logoUri, plainLogoUri } from './logo.ts'

describe('a logo', () => {
  test.each([
    [0, [100, 100, 100]],
    [2, [200, 100, 50]],
    [3, [227, 177, 152]],
    [4, [177, 177, 177]],
    [6, [227, 177, 152]]
  ])('of colour type %i is laid on white', async (colourType, colour) => {
    const logo = await decodeLogo(logoUri(colourType))
    expect(logo).toMatchObject({ width: 2, height: 5 })
    const png = logo?.png ?? Buffer.alloc(0)
    const start = png.indexOf('IDAT') + 4
    const rows = inflateSync(png.subarray(start, png.indexOf('IEND') - 8))
    const row = [0, ...colour, ...colour]
    expect([...rows]).toEqual([...row, ...row, ...row, ...row, ...row])
  })

  const sound = logoUri(6)
  test.each([
    ['none', undefined],
    ['no data URI', 'https://example.com/logo.png'],
    ['another type', sound.replace('png', 'svg+xml')],
    ['no PNG', 'data:image/png;base64,AAAA'],
    ['16 bits', logoUri(6, 16)],
    ['an unknown colour type', logoUri(5)],
    ['interlaced', logoUri(6, 8, 1)],
    ['cut off', sound.slice(0, 80)],
    ['without pixels', `${sound.slice(0, 66)}AAAA`],
    ['very high', plainLogoUri(1, 4_001)],
    ['very wide', plainLogoUri(4_001, 1)],
    ['of too many pixels', plainLogoUri(1_001, 1_000)],
    ['too long', `data:image/png;base64,${'A'.repeat(500_000)}`]
  ])('%s is left out', async (_, uri) => {
    expect(await decodeLogo(uri)).toBeUndefined()
  })
})

test('a logo of as many pixels as there may be holds nobody up', async () => {
  const sizes = [
    [1_000, 1_000],
    [4_000, 250],
    [250, 4_000]
  ] as const
  // Decoded logos are kept.
  const logos = Array.from({ length: ATTEMPTS }, (_, red) =>
    sizes.map(([width, height]) => plainLogoUri(width, height, red))
  )
  const longest = await longestTurnMs(async (attempt) => {
    const decoded = await Promise.all((logos[attempt] ?? []).map(decodeLogo))
    expect(decoded.filter((logo) => logo && logo.png.length > 1_000)).toHaveLength(sizes.length)
  })
  expect(longest).toBeLessThan(TURN_MAX_MS)
})

test.each([
  [undefined],
  [null],
  [[]],
  [1],
  [
    {
      logo: 1,
      colour: 'red; } body { display: none',
      address: 'x',
      contact: 1,
      bank: [],
      taxNumber: {}
    }
  ]
])('what %j says wrongly is as if it were not there', async (value) => {
  expect(await readBranding(value)).toEqual({
    logo: undefined,
    colour: '#1f3a5f',
    address: {},
    contact: [],
    bank: {},
    taxNumber: undefined
  })
})

test('one wrong member of an address leaves the others', () => {
  expect(readAddress({ line1: 1, city: 'Berlin', country: 'Germany' })).toEqual({ city: 'Berlin' })
})

test.each([
  ['#0b6b5d', '#0b6b5d'],
  ['#ffdd00', '#1a1a1a']
])('text in %s is written in %s', (colour, ink) => {
  expect(readable(colour)).toBe(ink)
})

test('a tint is a colour with white', () => {
  expect([tint('#0b6b5d', 1), tint('#000000', 0.2), tint('#123456', 0)]).toEqual(['#0b6b5d', '#cccccc', '#ffffff'])
})
