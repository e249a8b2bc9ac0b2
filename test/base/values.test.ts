import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromPostgres, parseDay, parseInstant } from '../../src/base/instant.ts'
import { canonicalDecimal, compareDecimals, decimalFault, minorDigits, trimScale } from '../../src/base/money.ts'
import { isId, newId } from '../../src/base/ulid.ts'

describe('decimals', () => {
  test.each([
    ['0', undefined],
    ['-0.1', undefined],
    ['12345678.901', undefined],
    ['999999999999999', undefined],
    ['1e14', undefined],
    ['0.0000000001', undefined],
    ['1e15', 'must be smaller'],
    ['-1000000000000000', 'must be smaller'],
    ['1234567890.123456', 'significant digits'],
    ['0.00000000001', 'decimal places'],
    ['1,5', 'must be a decimal number'],
    ['01', 'must be a decimal number'],
    ['Infinity', 'must be a decimal number'],
    ['', 'must be a decimal number']
  ])('%s: %s', (source, fault) => {
    const found = decimalFault(source)
    if (fault === undefined) expect(found).toBeUndefined()
    else expect(found).toContain(fault)
  })

  test.each([
    ['1.50', '1.5'],
    ['-0', '0'],
    ['0.0', '0'],
    ['1e3', '1000'],
    ['1e-7', '0.0000001'],
    ['x', undefined]
  ])('the canonical form of %s is %s', (source, canonical) => {
    expect(canonicalDecimal(source)).toBe(canonical)
  })

  test('any stored decimal has a JSON number with the same digits', () => {
    const decimals = fc.tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 9 }))
    fc.assert(
      fc.property(decimals, ([units, places]) => {
        const text = String(canonicalDecimal(`${units}e-${places}`))
        expect(decimalFault(text)).toBeUndefined()
        expect(compareDecimals(JSON.parse(text), text)).toBe(0)
        expect(canonicalDecimal(String(JSON.parse(text)))).toBe(text)
      }),
      { seed: 678 }
    )
  })

  test.each([
    ['12.3400000000', '12.34'],
    ['12.0000000000', '12'],
    ['100', '100'],
    ['-0.0000000001', '-0.0000000001'],
    ['0.0000000000', '0']
  ])('%s without its scale is %s', (printed, trimmed) => {
    expect(trimScale(printed)).toBe(trimmed)
  })

  test.each([
    ['EUR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['CLP', 0],
    ['XOF', 0],
    ['KWD', 3],
    ['TND', 3],
    ['XYZ', 2]
  ])('the minor unit of %s has %i digits', (currency, digits) => {
    expect(minorDigits(currency)).toBe(digits)
  })
})

describe('instants', () => {
  test.each([
    ['2026-01-15T10:00:00Z', '2026-01-15T10:00:00.000Z'],
    ['2026-01-15t10:00:00.123456789z', '2026-01-15T10:00:00.123Z'],
    ['2026-01-15T10:00:00+02:00', '2026-01-15T08:00:00.000Z'],
    ['2024-02-29T23:59:59-00:01', '2024-03-01T00:00:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59-00:01', undefined],
    ['0000-01-01T00:00:00Z', undefined],
    ['2026-02-30T00:00:00Z', undefined],
    ['2026-01-15T24:00:00Z', undefined],
    ['2026-01-15T10:00:60Z', undefined],
    ['2026-01-15T10:00:00', undefined],
    ['2026-01-15', undefined],
    ['2026-01-15T10:00:00+99:00', undefined],
    ['yesterday', undefined]
  ])('%s is %s', (source, instant) => {
    expect(parseInstant(source)).toBe(instant)
  })

  test.each([
    ['2026-12-31', ['2026-12-31T00:00:00.000Z', '2027-01-01T00:00:00.000Z']],
    ['2026-02-29', undefined],
    ['9999-12-31', ['9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z']],
    ['2026-1-1', undefined]
  ])('the day %s', (source, day) => {
    expect(parseDay(source)).toEqual(day)
  })

  test.each([
    ['2026-01-15 10:00:00+00', '2026-01-15T10:00:00.000Z'],
    ['2026-01-15 10:00:00.12+00', '2026-01-15T10:00:00.120Z'],
    ['0001-01-01 00:00:00.001+00', '0001-01-01T00:00:00.001Z'],
    ['2025-10-18 20:00:00-04', '2025-10-19T00:00:00.000Z'],
    ['2026-01-15 10:00:00.1234+05:45', '2026-01-15T04:15:00.123Z'],
    ['1850-01-01 00:00:00-04:56:02', '1850-01-01T04:56:02.000Z']
  ])('Postgres prints %s, the API writes %s', (printed, instant) => {
    expect(instantFromPostgres(printed)).toBe(instant)
  })
})

test('ids are ULIDs in the order of their creation, whatever the clock says', () => {
  const ids = Array.from({ length: 1000 }, () => newId())
  expect(ids.every(isId)).toBe(true)
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(1000)
  for (const other of [
    '',
    'x',
    '81ARZ3NDEKTSV4RRFFQ69G5FAV',
    '01arz3ndektsv4rrffq69g5fav',
    '01ARZ3NDEKTSV4RRFFQ69G5FAU'
  ]) {
    expect(isId(other), other).toBe(false)
  }
})
