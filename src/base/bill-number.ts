/** Where the number stands in the bills of a series: between two texts. */
export interface NumberPlace {
  readonly prefix: string
  readonly suffix: string
}

/** A pattern in its parts; `width` is how many digits a number has at least. */
export interface NumberPattern extends NumberPlace {
  readonly width: number
}

const LENGTH_MAX = 50
/** The number itself fits into a bigint, however many bills there are. */
const WIDTH_MAX = 12
const YEAR = '{yyyy}'
const PATTERN = /^([^{}]*(?:\{yyyy\}[^{}]*)*)\{(0*1)\}([^{}]*(?:\{yyyy\}[^{}]*)*)$/

/** What a pattern of bill numbers must be. */
export const NUMBER_PATTERN_RULE =
  `must be a text of at most ${LENGTH_MAX} characters with one number such as {000001}, of 1 to ${WIDTH_MAX} digits; ` +
  `besides it ${YEAR} stands for the year of the bill, and other braces and control characters for nothing`

/** Reads a pattern such as `INV-{yyyy}-{000001}`: text, years, and one number. Undefined when it is none. */
export function readNumberPattern(pattern: string): NumberPattern | undefined {
  const [, prefix = '', number = '', suffix = ''] = PATTERN.exec(pattern) ?? []
  return number === '' ? undefined : { prefix, suffix, width: number.length }
}

/** Whether a pattern may be given to a tenant. */
export function isNumberPattern(pattern: string): boolean {
  const width = readNumberPattern(pattern)?.width ?? 0
  return width > 0 && width <= WIDTH_MAX && [...pattern].length <= LENGTH_MAX && !/\p{Cc}/u.test(pattern)
}

/** Writes the year of a bill into a part of a pattern. */
export function withYear(part: string, year: string): string {
  return part.replaceAll(YEAR, year)
}

/** Whether a text could be a number of a series, or of a pattern in any year. */
export function isNumberOf({ prefix, suffix }: NumberPlace, text: string): boolean {
  const [before, after] = [prefix, suffix].map((part) => part.split(YEAR).map(escaped).join('\\d{4}'))
  return new RegExp(`^${before}\\d+${after}$`).test(text)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/**
 * Whether one text could be a number of two different series: `INV-1001` is the first of `INV-1{001}`, and the 1001st
 * of `INV-{001}`. Where the texts around the number are as long in both, the same text is one number of one series.
 */
export function mayCollide(left: NumberPlace, right: NumberPlace): boolean {
  const [one, other] = [unitsOf(left), unitsOf(right)]
  if (one.number === other.number && one.units.length === other.units.length) return false
  return canMeet(one, other, 0, 0)
}

/** What a text of a series consists of: a character or any digit at each place, of which one is that of the number. */
interface Units {
  readonly units: readonly string[]
  readonly number: number
}

/** Whether what follows these two places can be the same text. A number may go on at its place. */
function canMeet(one: Units, other: Units, i: number, j: number): boolean {
  const [left, right] = [one.units[i], other.units[j]]
  if (left === undefined || right === undefined) return left === right
  if (!agree(left, right)) return false
  if (canMeet(one, other, i + 1, j + 1)) return true
  return (i === one.number && canMeet(one, other, i, j + 1)) || (j === other.number && canMeet(one, other, i + 1, j))
}

const DIGIT = '{digit}'

function unitsOf({ prefix, suffix }: NumberPlace): Units {
  const [before, after] = [charactersOf(prefix), charactersOf(suffix)]
  return { units: [...before, DIGIT, ...after], number: before.length }
}

function charactersOf(part: string): readonly string[] {
  return part.split(YEAR).flatMap((text, at) => [...(at === 0 ? [] : Array<string>(4).fill(DIGIT)), ...text])
}

function agree(left: string, right: string): boolean {
  if (left === DIGIT) return right === DIGIT || /^\d$/.test(right)
  return left === right || (right === DIGIT && /^\d$/.test(left))
}
