import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainText, requirePlainText } from '../../src/base/plain-text.ts'
import { sql } from '../../src/db/sql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createTestDatabase()
})
afterAll(() => store.drop())

async function byDatabase(texts: readonly string[]): Promise<readonly (string | null)[]> {
  const { rows } = await store.database.run(
    sql`SELECT plain_text(t."text") FROM unnest(${texts}::text[]) WITH ORDINALITY t("text", "at") ORDER BY "at"`
  )
  return rows.map(([text = null]) => text)
}

test.each([
  ['Zahlung Müller', 'Zahlung Mu\u0308ller'],
  ['line 4', 'line\u00a04'],
  ['line 4', ' line\u2003\t4\u3000'],
  ['line 4', 'li\u00adne\u200b 4\ufeff'],
  ['é', 'e\u200d\u0301'],
  ['', '\u00a0\u200b '],
  ['Å', '\u212b'],
  ['line 4', 'line 4'],
  ['LINE 4', 'LINE 4']
])('%j stands for %j', async (plain, text) => {
  expect(plainText(text)).toBe(plain)
  expect(await byDatabase([text])).toEqual([plain])
  if (text === plain) requirePlainText('$.id', text)
  else expect(() => requirePlainText('$.id', text)).toThrow('$.id must be in')
})

test('every character is taken by the database as it is here', async () => {
  const texts = []
  for (let point = 1; point <= 0x10ffff; point++) {
    if (point < 0xd800 || point > 0xdfff) texts.push(`a${String.fromCodePoint(point)}b`)
  }
  const plain = await byDatabase(texts)
  expect(texts.filter((text, at) => plain[at] !== plainText(text))).toEqual([])
})

const special = fc.constantFrom(...' \u00a0\u2003\u200b\u0301\u0308\u0338eoA=\u1100\u1161\u11a8')
const anyText = fc.array(fc.oneof(special, fc.string({ unit: 'binary', maxLength: 1 })), { maxLength: 12 })

test('of any text the plain one is plain, in all Unicode forms the same, and as the database has it', async () => {
  const samples: string[] = []
  fc.assert(
    fc.property(anyText, (characters) => {
      const text = characters.join('').replaceAll('\0', '')
      const plain = plainText(text)
      expect(plainText(plain)).toBe(plain)
      expect(plainText(text.normalize('NFD'))).toBe(plain)
      expect(plainText(`\u2009${text}\u00a0`)).toBe(plain)
      samples.push(text)
    }),
    { numRuns: 2_000 }
  )
  expect(await byDatabase(samples)).toEqual(samples.map(plainText))
})
