import { describe, expect, test } from 'vitest'
import { Problem } from '../../src/messages/problem.ts'
import type { Predicate } from '../../src/tmf/declaration/predicate.ts'
import type { Fields } from '../../src/tmf/query/query.ts'
import { parseFieldsOnly, parseQuery } from '../../src/tmf/query/query.ts'
import { joinQuery, splitQuery } from '../../src/tmf/query/query-text.ts'

/** Writes a predicate as `a.b eq x|y`, joined by & and ; with brackets. */
function shown(predicate: Predicate | undefined): string {
  if (!predicate) return ''
  switch (predicate.op) {
    case 'and':
      return `(${predicate.terms.map(shown).join(' & ')})`
    case 'or':
      return `(${predicate.terms.map(shown).join(' ; ')})`
    case 'compare':
      return `${predicate.path.join('.')} ${predicate.operator} ${predicate.values.join('|')}`
    default:
      return predicate.op
  }
}

test.each([
  // Both spellings of every operator (TMF630 part 1, section 4.4), raw and percent-encoded.
  ['d=2020', 'd eq 2020'],
  ['d.eq=2020', 'd eq 2020'],
  ['d==2020', 'd eq 2020'],
  ['d%3D%3D2020', 'd eq 2020'],
  ['d.gt=2020', 'd gt 2020'],
  ['d>2020', 'd gt 2020'],
  ['d%3E2020', 'd gt 2020'],
  ['d.gte=2020', 'd gte 2020'],
  ['d>=2020', 'd gte 2020'],
  ['d%3E%3D2020', 'd gte 2020'],
  ['d%3E=2020', 'd gte 2020'],
  ['d.lt=2020', 'd lt 2020'],
  ['d<2020', 'd lt 2020'],
  ['d%3c2020', 'd lt 2020'],
  ['d.lte=2020', 'd lte 2020'],
  ['d%3C=2020', 'd lte 2020'],
  ['d<=2020', 'd lte 2020'],
  ['d.ne=2020', 'd ne 2020'],
  ['d!=2020', 'd ne 2020'],
  ['d%21%3D2020', 'd ne 2020'],
  ['n.regex=ab', 'n regex ab'],
  ['n*=ab', 'n regex ab'],
  ['n%2A%3Dab', 'n regex ab'],
  ['n%3D~ab', 'n regex ab'],
  ['n=~ab', 'n regex ab'],
  ['n=%7Eab', 'n eq ~ab'],
  // AND, OR, and lists of values.
  ['a=1&b=2', '(a eq 1 & b eq 2)'],
  ['a=1;b=2', '(a eq 1 ; b eq 2)'],
  ['a=1&b=2;c=3', '((a eq 1 & b eq 2) ; c eq 3)'],
  ['a=1,2', 'a eq 1|2'],
  ['a=1&a=2', 'a eq 1|2'],
  ['a=1;2', 'a eq 1|2'],
  ['b=0&a=1;2;c=3', '((b eq 0 & a eq 1|2) ; c eq 3)'],
  ['a=1;a=2', '(a eq 1 ; a eq 2)'],
  ['a.gt=1&a.lt=5', '(a gt 1 & a lt 5)'],
  ['a.gt=1&a.gt=5', '(a gt 1 & a gt 5)'],
  ['a.ne=1,2', 'a ne 1|2'],
  ['d%3C2013-04-20;d%3E2017-04-20', '(d lt 2013-04-20 ; d gt 2017-04-20)'],
  // Reserved parameters are taken out first and apply to the whole query.
  ['limit=5;a=1', 'a eq 1'],
  ['a=1;sort=b;c=2', '(a eq 1 ; c eq 2)'],
  ['offset=1&fields=a&limit=2', ''],
  ['depth.eq=2', 'depth eq 2'],
  ['&&a=1&', 'a eq 1'],
  ['', ''],
  // An escaped character belongs to the value.
  ['a=x%26y', 'a eq x&y'],
  ['a=x%3By', 'a eq x;y'],
  ['a=x%2Cy', 'a eq x,y'],
  ['a=x%3Dy', 'a eq x=y'],
  ['a=x=y', 'a eq x=y'],
  ['a=x>y', 'a eq x>y'],
  ['a=x+y', 'a eq x y'],
  ['a="x,y",z', 'a eq x,y|z'],
  ['a=%22x,y%22', 'a eq x,y'],
  ['a="2026-01-01"', 'a eq 2026-01-01'],
  ['a="', 'a eq "'],
  ['a="x,y', 'a eq "x|y'],
  ['a=5%22%20disk,6%22%20pipe', 'a eq 5" disk|6" pipe'],
  ['a=""x"",y', 'a eq "x"|y'],
  ['a="x","y,z"', 'a eq x|y,z'],
  ['a="5",6"', 'a eq 5|6"'],
  // After the separating sign, further signs belong to the value.
  ['a=%3Dx', 'a eq =x'],
  ['a=%3D%3Dx', 'a eq ==x'],
  ['a.eq=~x', 'a eq ~x'],
  ['a.eq==x', 'a eq =x'],
  ['a.ne%3D~x', 'a ne ~x'],
  ['a.regex==x', 'a regex =x'],
  ['a>%3Dx', 'a gt =x'],
  ['a==%3Dx', 'a eq =x'],
  ['a%3D%7Ex', 'a regex x'],
  ['a=', 'a eq '],
  ['a=,x', 'a eq |x'],
  ['n.regex=a{1,2}', 'n regex a{1,2}'],
  ['%40type=X', '@type eq X'],
  ['a.b.c=1', 'a.b.c eq 1'],
  ['a.b.gt=1', 'a.b gt 1'],
  // A JSONPath ends with its brackets, so its && needs no escape.
  ["filter=$[?(@.a=='x' && @.b=='y;z')]&c=1", '(c eq 1 & ((a eq x & b eq y;z)))'],
  ['filter=%24%5B%3F(%40.a%3D%3D1)%5D&filter=$[?(@.b==2)]', '(a eq 1 ; b eq 2)']
])('%s reads as %s', (raw, expected) => {
  expect(shown(parseQuery(raw).where)).toBe(expected)
})

test.each([
  ['a', 'no condition'],
  ['=1', 'no condition'],
  ['a=1&b', 'no condition'],
  ['a=%zz', 'broken percent escape'],
  ['a=%C3', 'broken percent escape'],
  ['a=%00', 'NUL'],
  ['limit=x', 'limit must be a whole number'],
  ['limit=', 'limit must be a whole number'],
  ['limit=1.5', 'limit must be a whole number'],
  ['limit=-1', 'limit must be a whole number'],
  ['offset=1e3', 'offset must be a whole number'],
  ['offset=%31', 'offset must be a whole number'],
  ['limit=1&limit=1', 'limit may be given once'],
  ['sort=a&sort=b', 'sort may be given once'],
  ['fields=a;fields=b', 'fields may be given once'],
  ['sort=-', 'sort takes attribute names'],
  ['sort=a,b,c,d,e,f,g,h,i', 'sort takes 8'],
  ['depth=1', 'depth is not supported'],
  ['expand=a', 'expand is not supported'],
  ['after=x', 'after must be a cursor'],
  ['after=', 'after must be a cursor'],
  ['filter=$[', 'filter'],
  [`a=${'1,'.repeat(600)}`, '500 values'],
  [Array.from({ length: 300 }, (_, at) => `a${at}=1`).join('&'), '200 parts']
])('%s is refused', (raw, message) => {
  const problem = thrown(() => parseQuery(raw))
  expect(problem.kind).toBe('invalidQuery')
  expect(problem.message.toLowerCase()).toContain(message.toLowerCase())
})

test.each([
  ['state=settled;limit=1&category=hq', 'state=settled;category=hq'],
  ['limit=1;a=1&offset=2;b=2', 'a=1;b=2'],
  ['a=1&sort=-b&limit=5;c=2', 'a=1;c=2&sort=-b'],
  ['a=1;2&limit=1;3', 'a=1,2,3'],
  ['after=x&a=%26', 'a=%26'],
  ["filter=$[?(@.a=='&;[')]&a=1&limit=1", "a=1&filter=$%5B?%28@.a=='%26%3B%5B'%29%5D"],
  ['limit=1&offset=1', '']
])('pages of %s are linked as %s', (raw, expected) => {
  const split = splitQuery(raw, ['limit', 'offset', 'after', 'sort', 'filter'])
  expect(joinQuery(split, ['limit', 'offset', 'after'])).toBe(expected)
})

describe('fields', () => {
  const plain = (fields: Fields | undefined): unknown =>
    fields && Object.fromEntries([...fields].map(([name, inner]) => [name, plain(inner)]))

  test.each([
    ['', undefined],
    ['fields=', undefined],
    ['fields=,', undefined],
    ['fields=none', {}],
    ['fields=a', { a: {} }],
    ['fields=a,b', { a: {}, b: {} }],
    ['fields=a%2Cb', { a: {}, b: {} }],
    ['fields=a.b,a.c', { a: { b: {}, c: {} } }],
    ['fields=a,a.b', { a: {} }],
    ['fields=a.b,a', { a: {} }],
    ['fields=%40type', { '@type': {} }],
    ['fields=constructor', { constructor: {} }]
  ])('%s', (raw, expected) => {
    expect(JSON.stringify(plain(parseFieldsOnly(raw)))).toBe(JSON.stringify(expected && { ...expected }))
  })

  test('JSONPath in fields is 501', () => {
    expect(thrown(() => parseQuery('fields=note[?(@.a==1)]')).kind).toBe('notImplemented')
  })
})

test.each([
  ['sort=a', ['+a']],
  ['sort=+a', ['+a']],
  ['sort=%2Ba,-b.c', ['+a', '-b.c']],
  ['sort=-a%2Cb', ['-a', '+b']],
  ['sort=', []]
])('%s', (raw, expected) => {
  const { sort } = parseQuery(raw)
  expect(sort.map(({ path, descending }) => (descending ? '-' : '+') + path.join('.'))).toEqual(expected)
})

function thrown(work: () => unknown): Problem {
  try {
    work()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
