import { FIELDS } from '../messages/field.ts'
import { coresOfNumber, referenceLetters } from './creditor-reference.ts'

export interface NumberPlace {
  readonly prefix: string
  readonly suffix: string
}

export interface NumberPattern extends NumberPlace {
  readonly width: number
}

const LENGTH_MAX = 50
const WIDTH_MAX = 12
const YEAR = '{yyyy}'
const PATTERN = /^([^{}]*(?:\{yyyy\}[^{}]*)*)\{(0*1)\}([^{}]*(?:\{yyyy\}[^{}]*)*)$/

export const NUMBER_PATTERN_RULE = FIELDS.numberPattern(LENGTH_MAX, WIDTH_MAX, YEAR)

/** Reads a pattern such as `INV-{yyyy}-{000001}`: text, years, and one number. Undefined for any other text. */
export function readNumberPattern(pattern: string): NumberPattern | undefined {
  const [, prefix = '', number = '', suffix = ''] = PATTERN.exec(pattern) ?? []
  return number === '' ? undefined : { prefix, suffix, width: number.length }
}

export function isNumberPattern(pattern: string): boolean {
  const width = readNumberPattern(pattern)?.width ?? 0
  return width > 0 && width <= WIDTH_MAX && [...pattern].length <= LENGTH_MAX && !/\p{Cc}/u.test(pattern)
}

export function withYear(part: string, year: string): string {
  return part.replaceAll(YEAR, year)
}

/**
 * Returns a function that finds whether a text is a number of a series, or has a creditor reference of one: such a text
 * would make the reference on our bill stand for two.
 */
export function numbersOf({ prefix, suffix, width }: NumberPattern): (text: string) => boolean {
  const matching = (write: (part: string) => string, digits: number) => {
    const [before, after] = [prefix, suffix].map((part) => part.split(YEAR).map(write).join('\\d{4}'))
    return new RegExp(`^${before}\\d{${digits},}${after}$`)
  }
  const [number, core] = [matching(escaped, 1), matching(referenceLetters, width)]
  const hasHash = /[^\0-\x7f]/.test(prefix + suffix)
  return (text) => number.test(text) || (!hasHash && coresOfNumber(text).some((one) => core.test(one)))
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/**
 * Finds whether one text could be a number of two series: `INV-1001` is the first of `INV-1{001}`, and the 1001st of
 * `INV-{001}`. If prefixes and suffixes are as long in both, a text is one number of one series.
 */
export function mayCollide(left: NumberPlace, right: NumberPlace): boolean {
  const [one, other] = [unitsOf(left), unitsOf(right)]
  if (one.number === other.number && one.units.length === other.units.length) return false
  return canMeet(one, other, 0, 0)
}

/** Finds whether two series may be one: in some year they have the same text around the number. */
export function mayBeOne(left: NumberPlace, right: NumberPlace): boolean {
  const [one, other] = [unitsOf(left), unitsOf(right)]
  if (one.number !== other.number || one.units.length !== other.units.length) return false
  return one.units.every((unit, at) => agree(unit, String(other.units[at])))
}

interface Units {
  readonly units: readonly string[]
  readonly number: number
}

/** Finds whether the rest from `i` and from `j` can be the same text. A number may go on at its place. */
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
