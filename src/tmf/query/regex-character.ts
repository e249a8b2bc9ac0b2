export type CharacterTest = (code: number) => boolean

export function between(low: string, high: string): CharacterTest {
  const [least, most] = [codeOf(low), codeOf(high)]
  return (code) => code >= least && code <= most
}

export function either(...tests: readonly CharacterTest[]): CharacterTest {
  return (code) => tests.some((test) => test(code))
}

export function not(test: CharacterTest): CharacterTest {
  return (code) => !test(code)
}

/** Accepts an ASCII letter if the test accepts either case; beyond ASCII, COLLATE "C" knows no letter case. */
export function foldCase(test: CharacterTest): CharacterTest {
  // The two cases of an ASCII letter differ in this one bit.
  return (code) => test(code) || (isLetter(code) && test(code ^ 32))
}

export function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

const isDigit = between('0', '9')
const isLetter = either(between('A', 'Z'), between('a', 'z'))
const isWord = either(isLetter, isDigit, between('_', '_'))
const isSpace = either(between('\t', '\r'), between(' ', ' '))

/** Letters after a backslash inside a class. Postgres before 14 refuses \D, \W and \S there. */
export const CLASS_SHORTHANDS: ReadonlyMap<string, CharacterTest> = new Map([
  ['d', isDigit],
  ['w', isWord],
  ['s', isSpace],
  ['t', between('\t', '\t')],
  ['n', between('\n', '\n')],
  ['r', between('\r', '\r')]
])

export const SHORTHANDS: ReadonlyMap<string, CharacterTest> = new Map([
  ...CLASS_SHORTHANDS,
  ['D', not(isDigit)],
  ['W', not(isWord)],
  ['S', not(isSpace)]
])
