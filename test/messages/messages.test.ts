import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CATALOGUE, errorsPage, FAULTS, STORED_REASONS } from '../../src/messages/catalogue.ts'
import { is, messages, readFault } from '../../src/messages/message.ts'
import { Problem } from '../../src/messages/problem.ts'

const ENTRIES = Object.values(CATALOGUE).flatMap((entries) => Object.values(entries))
const EXAMPLES = ENTRIES.map(({ code, example }) => ({ code, ...textAndKind(example()) }))
/** Names of headers and parameters that may begin a text. */
const NAMED = (
  'account_number after amount atomic colour depth fields filter google_captcha hold initial_date limit offset ' +
  'partner_account password proxy_accountNumber rate regex sort'
).split(' ')

function textAndKind({ message, kind, status }: Problem) {
  return { text: message, kind, status }
}

test('no two messages have the same code', () => {
  const codes = [...ENTRIES, ...FAULTS, ...STORED_REASONS].map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
})

test('a fault goes with its code, and follows the path of a field', () => {
  const wrong = FAULTS.filter(({ code, example }) => {
    const fault = readFault(example())
    const text = `$ ${fault.text.replace(', or null', '')}`
    const isRight = /^\$ (?:must|may|is|has|cannot|and) /.test(text) && faults(code, text).length === 0
    return fault.code !== code || !isRight
  })
  expect(wrong.map(({ code }) => code)).toEqual([])
  expect(readFault('must be a text')).toEqual({ code: undefined, text: 'must be a text' })
})

test('the catalogue has the messages of every file of the folder', () => {
  const files = readdirSync('src/messages').filter((file) => !['message.ts', 'catalogue.ts'].includes(file))
  const text = readFileSync('src/messages/catalogue.ts', 'utf8')
  expect(files.filter((file) => !text.includes(`'./${file}'`))).toEqual([])
})

test('the example of every message is a text that a client understands', () => {
  expect(EXAMPLES.map(({ code, text }) => ({ code, faults: faults(code, text) }))).toEqual(
    EXAMPLES.map(({ code }) => ({ code, faults: [] }))
  )
})

test('a reason is stored with its code', () => {
  const wrong = STORED_REASONS.filter(({ code, example }) => {
    const reason = example()
    return reason.code !== code || (reason.text !== 'discarded' && faults(code, reason.text).length > 0)
  })
  expect(wrong.map(({ code }) => code)).toEqual([])
})

test('what refuses something that was sent says what is allowed', () => {
  const refusing = EXAMPLES.filter(({ status, kind }) => status === 400 && kind !== 'badRequest')
  expect(refusing.filter(({ text }) => !ALLOWS.test(text))).toEqual([])
  expect('$.billNo is wrong').not.toMatch(ALLOWS)
})

/** The words of a refusal that say what is needed, or what to do instead. */
const ALLOWS =
  /\b(?:must|may|takes?|[oO]nly|required|needs?|write|send|leave|name|at most|are|filter on|names no|did you mean)\b/

const CODE = /^[a-z]+(?:[A-Z][a-z]+)*\.[a-z]+(?:[A-Z][a-z0-9]*)*$/

function faults(code: string, text: string): readonly string[] {
  const [first = ''] = text.split(/[ .=]/)
  return [
    ...(CODE.test(code) ? [] : ['its code is not of the form subject.whatIsWrong']),
    ...(/^[A-Z$"`]/.test(text) || NAMED.includes(first) || /[A-Z]/.test(first)
      ? []
      : ['it has no capital at its start']),
    ...(/[.;:,]$|^\s|\s$| {2}|\n/.test(text) ? ['it has a full stop at its end, or blanks too many'] : []),
    ...(/undefined|null\b|\[object|NaN|\bfunction\b/.test(text) ? ['it has a value that is none'] : []),
    ...(/\b(?:be it|whoever|but for|is told of|so often)\b/.test(text) ? ['it is no plain English'] : [])
  ]
}

test.each([
  ['server.Failed', 'It failed', 'its code is not of the form subject.whatIsWrong'],
  ['a.b', 'there is none', 'it has no capital at its start'],
  ['a.b', 'There is none.', 'it has a full stop at its end, or blanks too many'],
  ['a.b', 'There is no undefined', 'it has a value that is none'],
  ['a.b', 'A bill, be it new, is needed', 'it is no plain English']
])('the rules find what is wrong with %s: %s', (code, text, fault) => {
  expect(faults(code, text)).toEqual([fault])
})

const OWN = messages('own', {
  missing: is.invalidField`${'$.id'} is none of ${['a', 'b']}; at most
    ${2} are known`
})

test('a message is made of its values, in the order of the example', () => {
  const problem = OWN.missing('$.name', ['x', 'y', 'z'], 3)
  expect(problem).toBeInstanceOf(Problem)
  expect(problem).toMatchObject({ code: 'own.missing', kind: 'invalidField', headers: {} })
  expect(problem.message).toBe('$.name is none of x, y, z; at most 3 are known')
  expect(OWN.missing.example().message).toBe('$.id is none of a, b; at most 2 are known')
})

test('a message keeps its code with headers and a place', () => {
  const problem = OWN.missing('$.name', [], 0).with({ 'Retry-After': '1' }).at('billNo')
  expect(problem).toMatchObject({ code: 'own.missing', headers: { 'Retry-After': '1' } })
  expect(problem.message).toMatch(/^billNo: \$\.name is none/)
})

test('the compiler refuses values that are too few, too many or of another type', () => {
  const wrong = () => [
    // @ts-expect-error One is missing.
    OWN.missing('$.name', []),
    // @ts-expect-error One is too many.
    OWN.missing('$.name', [], 1, 2),
    // @ts-expect-error A number is no text.
    OWN.missing(1, [], 2)
  ]
  expect(wrong()).toHaveLength(3)
})

test('docs/errors.md is as the catalogue has it; npm run openapi writes it', () => {
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsPage())
})
