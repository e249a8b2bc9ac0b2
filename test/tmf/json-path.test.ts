import { describe, expect, test } from 'vitest'
import { Problem } from '../../src/messages/problem.ts'
import type { Comparison, Operator, Predicate } from '../../src/tmf/declaration/predicate.ts'
import { parseJsonPathFilter } from '../../src/tmf/query/json-path.ts'

function compare(path: string, operator: Operator, value: string): Comparison {
  return { op: 'compare', path: path.split('.'), operator, values: [value] }
}

const exists: Predicate = { op: 'exists', path: ['a'] }
const absent: Predicate = { op: 'not', term: exists }
const vat = compare('taxCategory', 'eq', 'VAT')
const someVat: Predicate = { op: 'some', path: ['taxItem'], where: vat }

function problemOf(text: string): Problem {
  try {
    parseJsonPathFilter(text)
  } catch (problem) {
    if (problem instanceof Problem) return problem
    throw problem
  }
  throw new Error(`${text} is accepted`)
}

describe('The root of a filter', () => {
  test.each<[string, Predicate]>([
    ["$[?(@.state=='new')]", compare('state', 'eq', 'new')],
    ["[?(@.state=='new')]", compare('state', 'eq', 'new')],
    ["$[*][?(@.state=='new')]", compare('state', 'eq', 'new')],
    ["$.[?(@.state=='new')]", compare('state', 'eq', 'new')],
    ["$[?@.state=='new']", compare('state', 'eq', 'new')],
    [" $ [ ? ( @ . state == 'new' ) ] ", compare('state', 'eq', 'new')],
    ["$.taxItem[?(@.taxCategory=='VAT')]", someVat],
    ["taxItem[?(@.taxCategory=='VAT')]", someVat],
    ["taxItem[?@.taxCategory=='VAT']", someVat],
    ["$['taxItem'][?(@.taxCategory=='VAT')]", someVat],
    ["['taxItem'][?(@.taxCategory=='VAT')]", someVat],
    ["$[*].taxItem[?(@.taxCategory=='VAT')]", someVat],
    ["$.billingAccount.party['@x'][?(@.taxCategory=='VAT')]", { ...someVat, path: ['billingAccount', 'party', '@x'] }]
  ])('reads %s', (text, predicate) => {
    expect(parseJsonPathFilter(text)).toEqual(predicate)
  })
})

describe('The paths of a condition', () => {
  test.each<[string, Predicate]>([
    ['@.a', exists],
    ["@['a']", exists],
    ['@["a"].b', { op: 'exists', path: ['a', 'b'] }],
    ["@['@type']", { op: 'exists', path: ['@type'] }],
    ['@.@type', { op: 'exists', path: ['@type'] }],
    ["@.a['b.c'].d", { op: 'exists', path: ['a', 'b.c', 'd'] }],
    ["@['it\\'s']", { op: 'exists', path: ["it's"] }],
    ['@.true.null.length', { op: 'exists', path: ['true', 'null', 'length'] }],
    ['@.été', { op: 'exists', path: ['été'] }],
    ["@.taxItem[?(@.taxCategory=='VAT')]", someVat],
    ["!@.taxItem[?@.taxCategory=='VAT']", { op: 'not', term: someVat }],
    [
      "@.taxItem[?(@.taxCategory=='VAT' && @.taxRate>10)]",
      { ...someVat, where: { op: 'and', terms: [vat, compare('taxRate', 'gt', '10')] } }
    ],
    ['@.a[?(@.b[?(@.a)])]', { op: 'some', path: ['a'], where: { op: 'some', path: ['b'], where: exists } }]
  ])('are read from %s', (condition, predicate) => {
    expect(parseJsonPathFilter(`$[?(${condition})]`)).toEqual(predicate)
  })
})

describe('The connectives of a condition', () => {
  const [b, c]: Predicate[] = [compare('b', 'eq', '1'), compare('c', 'eq', '2')]
  test.each<[string, unknown]>([
    ['@.a && @.b==1 && @.c==2', { op: 'and', terms: [exists, b, c] }],
    ['@.a || @.b==1 || @.c==2', { op: 'or', terms: [exists, b, c] }],
    ['@.a || @.b==1 && @.c==2', { op: 'or', terms: [exists, { op: 'and', terms: [b, c] }] }],
    ['(@.a || @.b==1) && @.c==2', { op: 'and', terms: [{ op: 'or', terms: [exists, b] }, c] }],
    ['(@.a && @.b==1) && @.c==2', { op: 'and', terms: [{ op: 'and', terms: [exists, b] }, c] }],
    ['((@.a))', exists],
    ['!@.a', absent],
    ['!!@.a', { op: 'not', term: absent }],
    ['!(@.b==1) && @.a', { op: 'and', terms: [{ op: 'not', term: b }, exists] }],
    ['!(@.b==1 || @.c==2)', { op: 'not', term: { op: 'or', terms: [b, c] } }]
  ])('bind as in %s', (condition, predicate) => {
    expect(parseJsonPathFilter(`$[?(${condition})]`)).toEqual(predicate)
    expect(parseJsonPathFilter(`$[?${condition}]`)).toEqual(predicate)
  })
})

describe('The comparisons of a condition', () => {
  test.each<[string, Predicate]>([
    ['@.a==1', compare('a', 'eq', '1')],
    ['@.a != 1', compare('a', 'ne', '1')],
    ['@.a>1', compare('a', 'gt', '1')],
    ['@.a>=1', compare('a', 'gte', '1')],
    ['@.a<1', compare('a', 'lt', '1')],
    ['@.a<=1', compare('a', 'lte', '1')],
    ['1==@.a', compare('a', 'eq', '1')],
    ['1!=@.a', compare('a', 'ne', '1')],
    ['1>@.a', compare('a', 'lt', '1')],
    ['1>=@.a', compare('a', 'lte', '1')],
    ['1<@.a', compare('a', 'gt', '1')],
    ['1<=@.a', compare('a', 'gte', '1')],
    ['@.a.b==-12.50', compare('a.b', 'eq', '-12.50')],
    ['@.a==1.0E+10', compare('a', 'eq', '1.0E+10')],
    ['@.a==123456789012345678901234567890.10', compare('a', 'eq', '123456789012345678901234567890.10')],
    ['@.a==true', compare('a', 'eq', 'true')],
    ['@.a!=false', compare('a', 'ne', 'false')],
    ['@.a==""', compare('a', 'eq', '')],
    ['@.a=="it\'s [?(&&)]"', compare('a', 'eq', "it's [?(&&)]")],
    ['@.a==\'say "hi"\'', compare('a', 'eq', 'say "hi"')],
    [String.raw`@.a=='\\ \/ \' \" \b\f\n\r\t'`, compare('a', 'eq', '\\ / \' " \b\f\n\r\t')],
    [String.raw`@.a=="\u00e9 \uD83D\ude00"`, compare('a', 'eq', 'é 😀')],
    ['@.a==null', absent],
    ['null==@.a', absent],
    ['@.a!=null', exists],
    ["@.a=='null'", compare('a', 'eq', 'null')],
    ['@.a =~ /^x.*y$/', compare('a', 'regex', '^x.*y$')],
    ['@.a=~/x/i', { ...compare('a', 'regex', 'x'), ignoreCase: true }],
    [String.raw`@.a=~/a\/b[/]\d\\/`, compare('a', 'regex', String.raw`a/b[/]\d\\`)],
    ["@.a =~ 'x|y'", compare('a', 'regex', 'x|y')],
    ['@.taxItem.length() > 2', { op: 'length', path: ['taxItem'], operator: 'gt', value: 2 }],
    ['length(@.a.b)==0', { op: 'length', path: ['a', 'b'], operator: 'eq', value: 0 }],
    ['2 > length( @.a )', { op: 'length', path: ['a'], operator: 'lt', value: 2 }],
    ['@.a.length>2', compare('a.length', 'gt', '2')]
  ])('are read from %s', (condition, predicate) => {
    expect(parseJsonPathFilter(`$[?(${condition})]`)).toEqual(predicate)
  })
})

describe('JSONPath beyond what is supported', () => {
  test.each([
    ['$', 'a path without a [?( )] at its end'],
    ['$.a.b', 'a path without a [?( )] at its end'],
    ['$.a.length()', 'a path without a [?( )] at its end'],
    ['$..a[?(@.b)]', 'the descent ..'],
    ['$..[?(@.b)]', 'the descent ..'],
    ['$.*[?(@.b)]', 'the wildcard *'],
    ['$.a[*][?(@.b)]', 'the wildcard [*]'],
    ['$[0]', 'the index or slice'],
    ['$.a[-1]', 'the index or slice'],
    ['$.a[1,2]', 'the index or slice'],
    ['$.a[1:3]', 'the index or slice'],
    ['$.a[:3]', 'the index or slice'],
    ['$.a[(@.length-1)]', 'the script [( )]'],
    ["$['a','b'][?(@.c)]", 'several selectors in one [ ]'],
    ['$[?@.a, ?@.b]', 'several selectors in one [ ]'],
    ['$[?(@.a)].id', 'anything after a [?( )]'],
    ['$[?(@.a)][?(@.b)]', 'anything after a [?( )]'],
    ['$.a[?(@.b)].c[?(@.d)]', 'anything after a [?( )]'],
    ['$[?(@.a[?(@.b)].c==1)]', 'anything after a [?( )]'],
    ['$[?(@.a[?(@.b)]==1)]', 'the comparison of a [?( )]'],
    ['$[?(@.a.*==1)]', 'the wildcard *'],
    ['$[?(@..a==1)]', 'the descent ..'],
    ['$[?(@.a[0]==1)]', 'the index or slice'],
    ['$[?(@.a==@.b)]', 'the comparison of two paths'],
    ['$[?(@.a==$.b)]', 'a path from the root within a condition'],
    ['$[?(1==1)]', 'the comparison of two values'],
    ["$[?(@=='a')]", 'a condition on @ itself'],
    ['$[?(@[?(@.a)])]', 'a condition on @ itself'],
    ['$[?(length(@.a[?(@.b)])>1)]', 'length() of anything but a path'],
    ...['min', 'max', 'avg', 'stddev'].map((name) => [`$[?(@.a.${name}()>1)]`, `the function ${name}()`]),
    ...['min', 'count', 'match', 'search', 'value'].map((name) => [`$[?(${name}(@.a)>1)]`, `the function ${name}()`])
  ])('is answered as not implemented: %s', (text, what) => {
    const problem = problemOf(text)
    expect(problem.kind).toBe('notImplemented')
    expect(problem.message).toContain(`The filter uses ${what}, which is not supported. Supported are`)
  })
})

describe('A text that is no JSONPath', () => {
  test.each([
    ['', 'position 1 it ends instead of $, [?( or the name of an attribute'],
    ['@.a==1', 'position 1 it has @ instead of $, [?( or the name'],
    ["state='new'", 'position 6 it has = instead of a name or [?( )]'],
    ['$.a==1', 'position 4 it has == instead of a name or [?( )]'],
    ['$.', 'position 3 it ends instead of the name of an attribute'],
    ['$[', 'position 3 it ends instead of a quoted name or ?( )'],
    ['$[a]', 'position 3 it has a instead of a quoted name or ?( )'],
    ['$[]', 'position 3 it has ] instead of a quoted name'],
    ["$['a'", 'position 6 it ends instead of ]'],
    ['$[?', 'position 4 it ends instead of a path like @.name or a value'],
    ['$[?()]', 'position 5 it has ) instead of a path'],
    ['$[?(@.a', 'position 8 it ends instead of an operator, && || or )'],
    ['$[?(@.a)', 'position 9 it ends instead of an operator, && || or ]'],
    ['$[?(@.a)]]', 'position 10 it has ] instead of its end'],
    ['$[?(@.a)] x', 'position 11 it has x instead of its end'],
    ['$[?(@.a=1)]', 'position 8 it has = instead of an operator'],
    ['$[?(@.a===1)]', 'position 10 it has = instead of a path'],
    ['$[?(@.a==)]', 'position 10 it has ) instead of a path'],
    ['$[?(@.a==1==1)]', 'position 11 it has == instead of an operator'],
    ['$[?(@.a & @.b)]', 'position 9 it has & instead of an operator'],
    ['$[?(@.a and @.b)]', 'position 9 it has and instead of an operator'],
    ['$[?(@.a && )]', 'position 12 it has ) instead of a path'],
    ['$[?(a==1)]', 'position 5 it has a instead of a path'],
    ['$[?(@.a==007)]', 'position 11 it has 0 instead of an operator'],
    ['$[?(@.a==+1)]', 'position 10 it has + instead of a path'],
    ["$[?(@.a=='x)]", "position 10 it has an unclosed ' instead of a path"],
    ['$[?(@.a=~/x)]', 'position 10 it has an unclosed / instead of a path'],
    [String.raw`$[?(@.a=='\x')]`, 'instead of one of the escapes'],
    [String.raw`$[?(@.a=='\u12')]`, 'instead of one of the escapes'],
    [String.raw`$[?(@.a=='\u0000')]`, 'instead of a string of characters that a text can hold'],
    [String.raw`$[?(@['\ud800'])]`, 'instead of a string of characters that a text can hold'],
    ['$[?(@.a\0)]', 'must not hold NUL or half of a surrogate pair'],
    ['$[?(@.a\ud800)]', 'must not hold NUL or half of a surrogate pair'],
    ['$[?(true)]', 'position 9 it has ) instead of one of == !='],
    ['$[?(@.a.length())]', 'position 17 it has ) instead of one of == !='],
    ['$[?(@.a.length() > 1.5)]', 'instead of a comparison of length() with a whole number'],
    ['$[?(@.a.length() > -1)]', 'instead of a comparison of length() with a whole number'],
    ["$[?(@.a.length() > '1')]", 'instead of a comparison of length() with a whole number'],
    ['$[?(@.a.length() == null)]', 'instead of a comparison of length() with a whole number'],
    ['$[?(@.a.length() =~ /1/)]', 'instead of a comparison of length() with a whole number'],
    ['$[?(@.a.length() > 1234567890)]', 'instead of a length of at most 9 digits'],
    ['$[?(@.a.length(1) > 1)]', 'position 16 it has 1 instead of )'],
    ['$[?(@.a.size() > 1)]', 'instead of the call of length(), the only function'],
    ['$[?(length(1) > 1)]', 'position 12 it has 1 instead of @'],
    ['$[?(@.a > null)]', 'position 9 it has > instead of == or != before null'],
    ['$[?(@.a =~ null)]', 'position 9 it has =~ instead of == or != before null'],
    ['$[?(@.a =~ 5)]', 'position 9 it has =~ instead of an operator for a value that is no pattern'],
    ['$[?(@.a == /x/)]', 'position 9 it has == instead of =~, the only operator before a pattern'],
    ["$[?('x' =~ @.a)]", 'position 9 it has =~ instead of another operator, or a path before it'],
    ['$[?(@.a =~ /x/g)]', 'position 12 it has /x/g instead of a pattern with no flag but i'],
    ['$[?(!@.a==1)]', 'position 9 it has == instead of &&, || or a closing bracket; write !( )'],
    ['$[?(!1)]', 'position 7 it has ) instead of one of == !=']
  ])('is refused with where and what was expected: %j', (text, message) => {
    const problem = problemOf(text)
    expect(problem.kind).toBe('invalidQuery')
    expect(problem.message).toContain(message)
  })
})

describe('The limits of a filter', () => {
  const filter = (condition: string) => `$[?${condition}]`

  test('are 2048 characters', () => {
    const name = 'a'.repeat(2048 - filter('@.').length)
    expect(parseJsonPathFilter(filter(`@.${name}`))).toEqual({ op: 'exists', path: [name] })
    const message = 'The filter may have 2048 characters at most'
    expect(problemOf(filter(`@.${name}a`))).toMatchObject({ kind: 'invalidQuery', message })
  })

  test.each([
    ['parentheses', '(', ')'],
    ['negations', '!', ''],
    ['filters', '@.a[?', ']']
  ])('are 32 nested %s', (_, open, close) => {
    const nested = (depth: number) => filter(`${open.repeat(depth)}@.a${close.repeat(depth)}`)
    expect(() => parseJsonPathFilter(nested(31))).not.toThrow()
    const message = 'The filter may be nested 32 levels deep at most'
    expect(problemOf(nested(32))).toMatchObject({ kind: 'invalidQuery', message })
  })
})
