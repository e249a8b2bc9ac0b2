import Big from 'big.js'

/** An expectation failed. The message is one line. */
export class Unexpected extends Error {}

/** Throws Unexpected. Compares decimals by value, all else as JSON. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (textOf(found) === textOf(expected)) return
  throw new Unexpected(`The demo expected ${what} to be ${textOf(expected)}, but it is ${textOf(found)}`)
}

/** Throws Unexpected. */
export function expectLike(what: string, found: string, expected: RegExp): void {
  if (expected.test(found)) return
  throw new Unexpected(`The demo expected ${what} to be like ${expected}, but it is ${textOf(found)}`)
}

function textOf(value: unknown): string {
  return value instanceof Big ? value.toFixed() : (JSON.stringify(value) ?? 'nothing')
}
