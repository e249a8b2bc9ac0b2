import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  coresOfReference,
  creditorReference,
  isCreditorReference,
  printedReference,
  referenceCore
} from '../../src/base/creditor-reference.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

describe('the creditor reference', () => {
  test.each([
    ['539007547034', 'RF18 5390 0754 7034'],
    ['2348231', 'RF71 2348 231'],
    ['G72UUR', 'RF45 G72U UR'],
    ['INV-2026-000180', 'RF14 INV2 0260 0018 0'],
    ['inv 1', 'RF47 INV1'],
    ['123456789012345678901', 'RF40 1234 5678 9012 3456 7890 1'],
    ['1234567890123456789012', 'RF47 5F5F BD31 9248 6535 BE02 0'],
    ['№', 'RF41 A01A FE1C BCB0 6002 0127 3'],
    ['Ä-1', 'RF83 67EE 58EE B039 DD57 0692 6'],
    ['RF18 5390 0754 7034', 'RF18 5390 0754 7034']
  ])('of the bill number %s is %s', (billNo, printed) => {
    expect(printedReference(creditorReference(billNo))).toBe(printed)
    expect(isCreditorReference(printed)).toBe(true)
  })

  test.each([
    ['RF18539007547034', true],
    ['rf18 5390\u00a00754 7034', true],
    ['RF19539007547034', false],
    ['RF18539007547043', false],
    ['RF1853900754703Ä', false],
    ['RF18', false],
    ['RF99539007547034', false],
    ['XRF18539007547034', false],
    ['RF0000000000000000000000000', false],
    ['', false]
  ])('%j: %s', (text, isReference) => {
    expect(isCreditorReference(text)).toBe(isReference)
    expect(coresOfReference(text).length > 0).toBe(isReference)
  })

  test('filled up with zeros by a bank is that of the same bill', () => {
    expect(coresOfReference('RF18000000000539007547034')).toContain(referenceCore('539007547034'))
  })

  const billNo = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'aZ09-/ .\\ßé'), minLength: 1, maxLength: 30 }),
    fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed() && !text.includes('\0'))
  )

  test('of any number is valid, of at most 25 characters, and leads back to the number', () => {
    fc.assert(
      fc.property(billNo, (number) => {
        const reference = creditorReference(number)
        expect(reference).toMatch(/^RF\d\d[0-9A-Z]{1,21}$/)
        expect(creditorReference(reference)).toBe(reference)
        expect(coresOfReference(printedReference(reference))).toContain(referenceCore(number))
      })
    )
  })

  test('has the core by which the database knows the number', async () => {
    const numbers = fc.sample(billNo, 1_000)
    const { rows } = await store.database.run(sql`SELECT creditor_reference_core(n."number")
      FROM unnest(${numbers}::text[]) WITH ORDINALITY n("number", "at") ORDER BY "at"`)
    expect(rows.map(([core]) => core)).toEqual(numbers.map(referenceCore))
  })
})
