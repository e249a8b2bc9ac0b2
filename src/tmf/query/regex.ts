import { QUERIES } from '../../messages/query.ts'
import { type Effort, spend } from './effort.ts'
import { anchor, choice, occursIn, one, type Part, repeat, sequence } from './regex-automaton.ts'
import {
  between,
  type CharacterTest,
  CLASS_SHORTHANDS,
  codeOf,
  either,
  foldCase,
  not,
  SHORTHANDS
} from './regex-character.ts'

const MAX_LENGTH = 256
const MAX_BOUND = 255
/**
 * Characters of a pattern with its quantifiers written out; bounds the cost of a match. Postgres matches without
 * backtracking: the slowest patterns found within this bound took 5 ms to compile and 4 µs for each character of a
 * text.
 */
const MAX_STATES = 512
/** Characters of a pattern for which one state is one step. */
const STATE_LENGTH = 64
/** Anchors ^ and $ in a pattern: Postgres may need time exponential in their number to compile it. */
const MAX_ANCHORS = 8

/**
 * Returns the pattern of a `regex` filter if Postgres' `text COLLATE "C" ~ pattern` and `regexMatches` agree on it.
 * Throws an invalidQuery Problem with the rules for any other.
 */
export function checkRegex(pattern: string): string {
  parse(pattern, false)
  return pattern
}

/**
 * Searches a text by a pattern, the twin of Postgres' `~` (`~*` with `ignoreCase`) under COLLATE "C": letter case and
 * \d \w \s are those of ASCII. Throws as `checkRegex` does. RegExp would not do: it knows more white space and letter
 * case than COLLATE "C", and it backtracks, so a hostile pattern could block the process for hours. Throws
 * `TooMuchEffort` when the effort is spent.
 */
export function regexMatches(pattern: string, text: string, ignoreCase: boolean, effort?: Effort): boolean {
  const part = parse(pattern, ignoreCase)
  spend(effort, pattern.length + part.size)
  // A state of a long pattern may be a long class.
  const weight = Math.ceil(pattern.length / STATE_LENGTH)
  return occursIn(part, text, (states) => spend(effort, states * weight))
}

interface Reader {
  readonly characters: readonly string[]
  readonly ignoreCase: boolean
  next: number
  anchors: number
}

function parse(pattern: string, ignoreCase: boolean): Part {
  if (pattern.length > MAX_LENGTH) refuse(`it is longer than ${MAX_LENGTH} characters`)
  if (pattern.includes('\0') || !pattern.isWellFormed()) refuse('it holds a character that no text can hold')
  const reader: Reader = { characters: [...pattern], ignoreCase, next: 0, anchors: 0 }
  const part = parseChoice(reader)
  if (peek(reader) !== undefined) refuseAt(reader, 'this ) closes no group')
  if (reader.anchors > MAX_ANCHORS) refuse(`it holds more than ${MAX_ANCHORS} of ^ and $`)
  if (part.size > MAX_STATES) refuse(`with its quantifiers it stands for more than ${MAX_STATES} characters`)
  return part
}

function parseChoice(reader: Reader): Part {
  const options = [parseSequence(reader)]
  while (accept(reader, '|')) options.push(parseSequence(reader))
  return choice(options)
}

function parseSequence(reader: Reader): Part {
  const parts: Part[] = []
  for (let next = peek(reader); next !== undefined && next !== '|' && next !== ')'; next = peek(reader)) {
    const anchors = reader.anchors
    const atom = parseAtom(reader, next)
    parts.push(parseQuantifier(reader, atom, reader.anchors > anchors))
  }
  return sequence(parts)
}

function parseAtom(reader: Reader, character: string): Part {
  if (/[*+?{}\]]/.test(character)) refuseAt(reader, `${character} has nothing before it to belong to; escape it`)
  reader.next++
  switch (character) {
    case '(':
      return parseGroup(reader)
    case '[':
      return parseClass(reader)
    case '.':
      return one(() => true)
    case '^':
    case '$':
      reader.anchors++
      return anchor(character === '^' ? 'start' : 'end')
    case '\\':
      return one(fold(reader, parseEscape(reader, SHORTHANDS)))
    default:
      return one(fold(reader, between(character, character)))
  }
}

function parseGroup(reader: Reader): Part {
  if (accept(reader, '?') && !accept(reader, ':'))
    refuseAt(reader, 'of the groups that start with (? there is only (?:')
  const part = parseChoice(reader)
  if (!accept(reader, ')')) refuseAt(reader, 'a closing ) is missing')
  return part
}

function parseQuantifier(reader: Reader, part: Part, anchored: boolean): Part {
  const at = reader.next
  const bounds = parseBounds(reader)
  if (!bounds) return part
  const [min, max] = bounds
  if (anchored) refuseAt(reader, 'what holds ^ or $ cannot be repeated', at)
  // Postgres may take many seconds to compile repetitions of repetitions of nothing.
  if (part.mayBeEmpty) refuseAt(reader, 'what may be empty cannot be repeated', at)
  if (min > (max ?? min) || (max ?? min) > MAX_BOUND)
    refuseAt(reader, `the bounds of a quantifier go up to ${MAX_BOUND}, the smaller one first`, at)
  // A lazy quantifier changes the matched part, never the result.
  accept(reader, '?')
  if (/[*+?{]/.test(peek(reader) ?? '')) refuseAt(reader, 'a quantifier cannot follow another one')
  return repeat(part, min, max)
}

/** Returns the bounds of a repetition; without the second there is no limit. */
function parseBounds(reader: Reader): readonly [number, number?] | undefined {
  if (accept(reader, '*')) return [0]
  if (accept(reader, '+')) return [1]
  if (accept(reader, '?')) return [0, 1]
  if (peek(reader) !== '{') return undefined
  const [text, min, comma, max] = /^\{(\d+)(?:(,)(\d*))?\}/.exec(reader.characters.slice(reader.next).join('')) ?? []
  if (text === undefined) return refuseAt(reader, 'this { starts no quantifier; escape it')
  reader.next += text.length
  if (!comma) return [Number(min), Number(min)]
  return max ? [Number(min), Number(max)] : [Number(min)]
}

function parseClass(reader: Reader): Part {
  const negated = accept(reader, '^')
  const first = reader.next
  const tests: CharacterTest[] = []
  while (!accept(reader, ']')) tests.push(parseMember(reader, reader.next === first))
  if (tests.length === 0) refuseAt(reader, 'a class cannot be empty; escape a ] in it')
  const has = fold(reader, either(...tests))
  return one(negated ? not(has) : has)
}

function parseMember(reader: Reader, isFirst: boolean): CharacterTest {
  const [low, dash, high] = reader.characters.slice(reader.next, reader.next + 3)
  if (low === undefined) return refuseAt(reader, 'a closing ] is missing')
  if (low === '[') refuseAt(reader, 'escape a [ in a class')
  if (low === '-' && !isFirst && dash !== ']') refuseAt(reader, 'escape a - in a class, or put it first or last')
  reader.next++
  if (low === '\\') return parseEscape(reader, CLASS_SHORTHANDS)
  if (low === '-' || dash !== '-' || high === undefined || high === ']') return between(low, low)
  if (/[\\[-]/.test(high) || codeOf(low) > codeOf(high))
    refuseAt(reader, 'a range goes from a character to a later one')
  reader.next += 2
  return between(low, high)
}

function parseEscape(reader: Reader, shorthands: ReadonlyMap<string, CharacterTest>): CharacterTest {
  const character = peek(reader) ?? ''
  const test = /[!-/:-@[-`{-~]/.test(character) ? between(character, character) : shorthands.get(character)
  if (!test) return refuseAt(reader, 'this escape means nothing here')
  reader.next++
  return test
}

function fold(reader: Reader, has: CharacterTest): CharacterTest {
  return reader.ignoreCase ? foldCase(has) : has
}

function peek(reader: Reader): string | undefined {
  return reader.characters[reader.next]
}

function accept(reader: Reader, character: string): boolean {
  const accepted = peek(reader) === character
  if (accepted) reader.next++
  return accepted
}

function refuseAt(reader: Reader, why: string, at: number = reader.next): never {
  return refuse(`at position ${at + 1}, ${why}`)
}

function refuse(why: string): never {
  throw QUERIES.regex(why)
}
