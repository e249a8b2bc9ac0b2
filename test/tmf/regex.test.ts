import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../../src/messages/problem.ts'
import { checkRegex, regexMatches } from '../../src/tmf/query/regex.ts'

const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL ?? 'TEST_DATABASE_URL is not set' })
beforeAll(() => client.connect())
afterAll(() => client.end())

const CPU_MAX_US = 5_000_000

interface Question {
  readonly pattern: string
  readonly text: string
  readonly ignoreCase: boolean
}

/** Asks Postgres all questions in one statement. */
async function postgresMatches(questions: readonly Question[]): Promise<boolean[]> {
  const { rows } = await client.query<{ matches: boolean }>(
    `SELECT CASE WHEN ignore_case THEN text COLLATE "C" ~* pattern ELSE text COLLATE "C" ~ pattern END AS matches
     FROM unnest($1::text[], $2::text[], $3::boolean[]) WITH ORDINALITY AS question (pattern, text, ignore_case, n)
     ORDER BY n`,
    [questions.map((q) => q.pattern), questions.map((q) => q.text), questions.map((q) => q.ignoreCase)]
  )
  return rows.map(({ matches }) => matches)
}

const memoryMatches = (questions: readonly Question[]) =>
  questions.map(({ pattern, text, ignoreCase }) => regexMatches(pattern, text, ignoreCase))

describe('A pattern of the subset', () => {
  test.each<[pattern: string, texts: string[], otherTexts: string[]]>([
    ['', ['', 'a'], []],
    ['b', ['b', 'abc'], ['', 'B', 'ac']],
    ['^ab$', ['ab'], ['xab', 'abx', 'ab\n', '\nab']],
    ['^.$', ['a', '\n', 'é', '😀', '\u{10ffff}'], ['', 'ab']],
    ['^(a|bc|)$', ['a', 'bc', ''], ['b', 'abc']],
    ['^(?:a|b)c$', ['ac', 'bc'], ['c', 'abc']],
    ['^(|a)()b', ['b', 'ab'], ['aab']],
    ['a|^b|c$', ['xa', 'bx', 'xc'], ['xb', 'cx']],
    ['^a*b+c?$', ['b', 'aabbc'], ['a', 'bcc']],
    ['^a*?b+?c??$', ['b', 'aabbc'], ['a', 'bcc']],
    ['^a{2}b{1,}c{0,2}?$', ['aab', 'aabbcc'], ['ab', 'aabccc', 'aa']],
    ['^a{0}$', [''], ['a']],
    ['^(ab+,)*$', ['', 'ab,abb,'], ['ab', 'a,']],
    ['^[a-cx]$', ['a', 'b', 'x'], ['d', '-', 'B']],
    ['^[^a-c]$', ['d', 'A', '\n', 'é'], ['a', 'c']],
    ['^[-a]$', ['-', 'a'], ['b']],
    ['^[^-a]$', ['b', '^'], ['a', '-']],
    ['^[a-]$', ['-', 'a'], ['b']],
    ['^[a-c-]$', ['-', 'b'], ['d']],
    ['^[a^$.*+?(){}|]$', ['a', ...'^$.*+?(){}|'], ['b', '\\']],
    [String.raw`^[\]\[\\\-\^]$`, [...'][\\-^'], ['a', '_']],
    [String.raw`^[\d\s_]$`, ['7', ' ', '\n', '_'], ['a', '\u00a0']],
    [String.raw`^[^\w]$`, ['-', 'é', '\n'], ['a', 'Z', '0', '_']],
    ['^[à-ü]$', ['à', 'é', 'ü'], ['ý', 'e']],
    ['^[\uffff-😀]$', ['\uffff', '😀'], ['a', '😁']],
    [String.raw`^\d\D$`, ['1a', '1é', '1\n'], ['11', 'a1', '٣a']],
    [String.raw`^\w\W$`, ['a-', '_é', 'Z\n'], ['é-', 'aa']],
    [String.raw`^\s\S$`, [' a', '\va', '\f\u00a0', '\r\u2028'], ['\u00a0a', '\u2028a', '\ufeffa', '\u0085a']],
    [String.raw`^\t\n\r$`, ['\t\n\r'], ['tnr']],
    [String.raw`^\!\"\#\$\%\&\'\(\)\*\+\,\-\.\/$`, ['!"#$%&\'()*+,-./'], ['']],
    ['^\\:\\;\\<\\=\\>\\?\\@\\[\\\\\\]\\^\\_\\`\\{\\|\\}\\~$', [':;<=>?@[\\]^_`{|}~'], ['']]
  ])('means in memory what it means in Postgres: %j', async (pattern, texts, otherTexts) => {
    const questions = [...texts, ...otherTexts].map((text) => ({ pattern, text, ignoreCase: false }))
    const answers = questions.map((_, i) => i < texts.length)
    expect(checkRegex(pattern)).toBe(pattern)
    expect(memoryMatches(questions)).toEqual(answers)
    expect(await postgresMatches(questions)).toEqual(answers)
  })

  test.each<[pattern: string, texts: string[], otherTexts: string[]]>([
    ['^aZ$', ['aZ', 'Az'], ['a']],
    ['^[b-d]$', ['b', 'C'], ['a', 'E']],
    ['^[Z-a]$', ['z', 'A', '_'], ['b', 'Y', '\u007f', '@']],
    ['^[^a]$', ['b', 'B'], ['a', 'A']],
    [String.raw`^\W$`, ['-', 'ſ'], ['a', 'A']],
    ['é', ['é'], ['É']],
    ['[à-ü]', ['é'], ['É']],
    ['[ks]', ['K', 'S'], ['\u212a', 'ſ']]
  ])('knows the letter case of ASCII only: %j', async (pattern, texts, otherTexts) => {
    const questions = [...texts, ...otherTexts].map((text) => ({ pattern, text, ignoreCase: true }))
    const answers = questions.map((_, i) => i < texts.length)
    expect(memoryMatches(questions)).toEqual(answers)
    expect(await postgresMatches(questions)).toEqual(answers)
  })
})

describe('A pattern beyond the subset', () => {
  test.each([
    [String.raw`(a)\1`, 'at position 5, this escape means nothing here'],
    [String.raw`\bx`, 'at position 2, this escape means nothing here'],
    [String.raw`\u0041`, 'this escape means nothing here'],
    [String.raw`\Z`, 'this escape means nothing here'],
    [String.raw`\é`, 'this escape means nothing here'],
    ['a\\', 'at position 3, this escape means nothing here'],
    [String.raw`[\D]`, 'this escape means nothing here'],
    [String.raw`[\b]`, 'this escape means nothing here'],
    ['(?=a)', 'at position 3, of the groups that start with (? there is only (?:'],
    ['(?!a)', 'there is only (?:'],
    ['(?<=a)', 'there is only (?:'],
    ['(?<n>a)', 'there is only (?:'],
    ['(?i)a', 'there is only (?:'],
    ['***:a', '* has nothing before it'],
    ['*a', '* has nothing before it'],
    ['a|+', '+ has nothing before it'],
    ['(?', 'there is only (?:'],
    ['({2})', '{ has nothing before it'],
    ['a}', '} has nothing before it'],
    ['a]', '] has nothing before it'],
    ['a{', 'at position 2, this { starts no quantifier'],
    ['a{,3}', 'this { starts no quantifier'],
    ['a{1,3', 'this { starts no quantifier'],
    ['a{ 1}', 'this { starts no quantifier'],
    ['a{256}', 'the bounds of a quantifier go up to 255'],
    ['a{0,256}', 'the bounds of a quantifier go up to 255'],
    ['a{999999999999,}', 'the bounds of a quantifier go up to 255'],
    ['a{3,2}', 'the smaller one first'],
    ['a**', 'a quantifier cannot follow another one'],
    ['a+*', 'a quantifier cannot follow another one'],
    ['a*??', 'a quantifier cannot follow another one'],
    ['a{2}{3}', 'a quantifier cannot follow another one'],
    ['^*', 'what holds ^ or $ cannot be repeated'],
    ['(^a|b)+', 'what holds ^ or $ cannot be repeated'],
    ['(a$)?', 'what holds ^ or $ cannot be repeated'],
    ['(a*)*', 'at position 5, what may be empty cannot be repeated'],
    ['(a|){2}', 'what may be empty cannot be repeated'],
    ['()+', 'what may be empty cannot be repeated'],
    ['(a', 'at position 3, a closing ) is missing'],
    ['a)', 'at position 2, this ) closes no group'],
    ['[a', 'a closing ] is missing'],
    ['[]a]', 'a class cannot be empty'],
    ['[^]', 'a class cannot be empty'],
    ['[[:alpha:]]', 'escape a [ in a class'],
    ['[a[.x.]]', 'escape a [ in a class'],
    ['[[=x=]]', 'escape a [ in a class'],
    ['[a-c-e]', 'escape a - in a class, or put it first or last'],
    ['[c-a]', 'a range goes from a character to a later one'],
    ['[😀-\uffff]', 'a range goes from a character to a later one'],
    [String.raw`[a-\d]`, 'a range goes from a character to a later one'],
    [String.raw`[\t-z]`, 'escape a - in a class'],
    ['a\0', 'it holds a character that no text can hold'],
    ['a\ud800', 'it holds a character that no text can hold'],
    ['a'.repeat(257), 'it is longer than 256 characters'],
    ['^$'.repeat(4).concat('^'), 'it holds more than 8 of ^ and $'],
    ['(ab){255}(cd){2}', 'with its quantifiers it stands for more than 512 characters']
  ])('is refused with the reason: %j', (pattern, reason) => {
    const refusal = expect.objectContaining({ kind: 'invalidQuery', message: expect.stringContaining(`${reason}`) })
    expect(() => checkRegex(pattern)).toThrow(refusal)
    expect(() => regexMatches(pattern, '', true)).toThrow(refusal)
    expect(() => checkRegex(pattern)).toThrow(/Allowed are characters, \. \^ \$ \|, groups/)
  })
})

describe('Hostile patterns', () => {
  test.each([
    '(a+)+$',
    '(a|aa)+$',
    '(a|b|ab)*c$',
    '(.*,)*x$',
    `${'.*'.repeat(100)}b$`,
    '(a{1,20}){1,20}b$',
    'a{0,255}a{0,250}b$',
    `${'(^|$|.?)'.repeat(4)}${'.?'.repeat(50)}b`
  ])('are answered in good time on both sides: %s', async (pattern) => {
    const questions = [{ pattern, text: `${'a'.repeat(2000)}!`, ignoreCase: false }]
    const before = process.cpuUsage()
    const answers = memoryMatches(questions)
    // CPU time, not elapsed time: a busy machine makes no pattern hostile.
    expect(process.cpuUsage(before).user).toBeLessThan(CPU_MAX_US)
    expect(answers).toEqual(await postgresMatches(questions))
  })
})

describe('Generated patterns and texts', () => {
  const alphabet = [...'ab1_-. \n\u00a0éÉAſ😀[]{']
  const atoms = [
    ...alphabet,
    ...'^$.()|[]-^,',
    '(?:',
    '[^',
    'a-é',
    '\\d',
    '\\w',
    '\\s',
    '\\W',
    '\\D',
    '\\S',
    '\\n',
    '\\.',
    '\\]'
  ]
  const quantifiers = ['*', '+', '?', '*?', '{1}', '{0,2}', '{2,}', '{3}?']
  const join = (characters: readonly string[]) => characters.join('')
  const patterns = fc
    .array(fc.constantFrom(...atoms, ...quantifiers), { maxLength: 9 })
    .map(join)
    .filter(isAccepted)
  const texts = fc.array(fc.constantFrom(...alphabet), { maxLength: 6 }).map(join)
  const questions = fc.record({ pattern: patterns, text: texts, ignoreCase: fc.boolean() })

  test('mean the same in memory and in Postgres', async () => {
    const batch = fc.sample(questions, 10_000)
    const answers = await postgresMatches(batch)
    const differing = batch.filter((question, i) => memoryMatches([question])[0] !== answers[i])
    expect(differing).toEqual([])
    expect(answers.filter(Boolean).length).toBeGreaterThan(1000)
    expect(answers.filter((answer) => !answer).length).toBeGreaterThan(1000)
  })
})

function isAccepted(pattern: string): boolean {
  try {
    return checkRegex(pattern) === pattern
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}
