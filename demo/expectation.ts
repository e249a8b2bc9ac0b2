import Big from 'big.js'

/** What was told did not come true. The message is one line that says what was expected. */
export class Unexpected extends Error {}

/** Throws Unexpected unless something is as the story has it. Decimals are compared by value, all else as JSON. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (textOf(found) === textOf(expected)) return
  throw new Unexpected(`The demo expected ${what} to be ${textOf(expected)}, but it is ${textOf(found)}`)
}

/** The same of a text and the pattern it must match. */
export function expectLike(what: string, found: string, expected: RegExp): void {
  if (expected.test(found)) return
  throw new Unexpected(`The demo expected ${what} to be like ${expected}, but it is ${textOf(found)}`)
}

function textOf(value: unknown): string {
  return value instanceof Big ? value.toFixed() : (JSON.stringify(value) ?? 'nothing')
}
