import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Problem } from '../../src/messages/problem.ts'
import type { OrderOperator, Predicate } from '../../src/tmf/declaration/predicate.ts'
import { parseJsonPathFilter } from '../../src/tmf/query/json-path.ts'

const FRAGMENTS = [
  '$',
  '@',
  '.a',
  '..',
  '[',
  ']',
  '?',
  '(',
  ')',
  '==',
  '=~',
  '&&',
  '!',
  "'",
  '"',
  '/x/i',
  '\\',
  '1',
  '*'
]

const soup = fc
  .array(fc.constantFrom(...FRAGMENTS, 'length', 'null', ',', ':', ' '), { maxLength: 40 })
  .map((fragments) => fragments.join(''))

test('Whatever the text is, only a Problem is thrown', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    soup,
    soup.map((text) => `$[?(@.a${text})]`)
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parseJsonPathFilter(text)
      } catch (error) {
        expect(error).toBeInstanceOf(Problem)
      }
    }),
    { numRuns: 5000 }
  )
})

/** A predicate and one of its spellings. */
interface Written {
  readonly predicate: Predicate
  readonly text: string
}

const SYMBOLS: Record<OrderOperator, string> = { eq: '==', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' }

const quoted = (text: string) => `'${JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'")}'`
const texts = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((text) => !text.includes('\0') && text.isWellFormed())
const operators = fc.constantFrom(...(Object.keys(SYMBOLS) as OrderOperator[]))
const numbers = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((n) => JSON.stringify(n))

const names = fc.oneof(
  fc.constantFrom('state', 'été', 'true', 'length').map((name) => ({ name, text: `.${name}` })),
  texts.map((name) => ({ name, text: `[${quoted(name)}]` })),
  texts.map((name) => ({ name, text: `[${JSON.stringify(name)}]` }))
)
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((steps) => ({
  path: steps.map(({ name }) => name),
  text: `@${steps.map(({ text }) => text).join('')}`
}))
const values = fc.oneof(
  texts.map((value) => ({ value, text: quoted(value) })),
  texts.map((value) => ({ value, text: JSON.stringify(value) })),
  numbers.map((value) => ({ value, text: value })),
  fc.constantFrom('true', 'false').map((value) => ({ value, text: value }))
)
const patterns = texts.filter((text) => !/[[\]\\/]/.test(text))

const leaves: fc.Arbitrary<Written> = fc.oneof(
  paths.map(({ path, text }): Written => ({ predicate: { op: 'exists', path }, text })),
  fc.tuple(paths, operators, values).map(
    ([{ path, text }, operator, value]): Written => ({
      predicate: { op: 'compare', path, operator, values: [value.value] },
      text: `${text}${SYMBOLS[operator]}${value.text}`
    })
  ),
  fc.tuple(paths, patterns, fc.boolean()).map(
    ([{ path, text }, pattern, ignoreCase]): Written => ({
      predicate: { op: 'compare', path, operator: 'regex', values: [pattern], ...(ignoreCase && { ignoreCase }) },
      text: `${text} =~ /${pattern}/${ignoreCase ? 'i' : ''}`
    })
  ),
  fc.tuple(paths, operators, fc.nat(999_999_999)).map(
    ([{ path, text }, operator, value]): Written => ({
      predicate: { op: 'length', path, operator, value },
      text: `${text}.length() ${SYMBOLS[operator]} ${value}`
    })
  )
)

const { node: written } = fc.letrec<{ node: Written }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaves,
    tie('node').map(
      ({ predicate, text }): Written => ({ predicate: { op: 'not', term: predicate }, text: `!(${text})` })
    ),
    fc.tuple(paths, tie('node')).map(
      ([{ path, text }, where]): Written => ({
        predicate: { op: 'some', path, where: where.predicate },
        text: `${text}[?(${where.text})]`
      })
    ),
    fc.tuple(fc.constantFrom<('and' | 'or')[]>('and', 'or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 })).map(
      ([op, terms]): Written => ({
        predicate: { op, terms: terms.map(({ predicate }) => predicate) },
        text: terms.map(({ text }) => `(${text})`).join(op === 'and' ? ' && ' : '||')
      })
    )
  )
}))

test('A predicate written as JSONPath is read as the same predicate', () => {
  fc.assert(
    fc.property(written, ({ predicate, text }) => {
      fc.pre(text.length < 2000)
      expect(parseJsonPathFilter(`$[?(${text})]`)).toEqual(predicate)
    }),
    { numRuns: 2000 }
  )
})
