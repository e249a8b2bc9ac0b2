import { createHash } from 'node:crypto'

/** Characters after `RF` and the two check digits (ISO 11649). */
const CORE_MAX_LENGTH = 21

/**
 * Returns the creditor reference of a bill number (ISO 11649), without blanks: `RF18539007547034`. Its core is the
 * letters and digits of the number, or a hash of a number that is too long or has characters beyond ASCII. A number
 * that is a creditor reference itself stays one. Numbers that differ in case or punctuation alone share a reference.
 */
export function creditorReference(billNo: string): string {
  if (readCreditorReference(billNo) !== undefined) return compact(billNo)
  const core = referenceCore(billNo)
  return `RF${checkDigits(core)}${core}`
}

/** Finds whether a text is a creditor reference with the right check digits, in its electronic or printed form. */
export function isCreditorReference(text: string): boolean {
  return readCreditorReference(text) !== undefined
}

/** Returns the core of a creditor reference, without `RF` and the check digits; undefined for any other text. */
function readCreditorReference(text: string): string | undefined {
  const [, digits, core = ''] = /^RF(\d\d)([0-9A-Z]{1,21})$/.exec(compact(text)) ?? []
  return digits !== undefined && checkDigits(core) === digits ? core : undefined
}

/**
 * Returns the cores of the bill numbers that have this creditor reference: its own, with and without the zeros to which
 * some banks fill it up, and those of numbers that are the reference itself. None for any other text.
 */
export function coresOfReference(text: string): readonly string[] {
  const core = readCreditorReference(text)
  if (core === undefined) return []
  const reference = compact(text)
  return [...new Set([core, unfilled(core), ...[reference, printedReference(reference)].map(referenceCore)])]
}

/** Returns the cores by which a bill number is found, as itself and as a creditor reference. */
export function coresOfNumber(billNo: string): readonly string[] {
  const core = referenceCore(billNo)
  return [core, unfilled(core), ...coresOfReference(billNo)]
}

function unfilled(core: string): string {
  return core.length === CORE_MAX_LENGTH ? core.replace(/^0+(?=.)/, '') : core
}

/** Returns the letters and digits of a text, as they stand in a creditor reference. */
export function referenceLetters(text: string): string {
  return text.replace(/[^0-9A-Za-z]/g, '').toUpperCase()
}

/** Returns what identifies a bill number in its creditor reference. The database's function does the same. */
export function referenceCore(billNo: string): string {
  const own = referenceLetters(billNo)
  const isWhole = own !== '' && own.length <= CORE_MAX_LENGTH && Buffer.byteLength(billNo) === billNo.length
  return isWhole ? own : createHash('sha256').update(billNo).digest('hex').slice(0, CORE_MAX_LENGTH).toUpperCase()
}

/** Writes a reference in groups of four, as people read it. */
export function printedReference(reference: string): string {
  return reference.replace(/.{4}(?=.)/g, '$& ')
}

/** Drops blanks and turns letters into capitals. */
export function compact(text: string): string {
  return text.replace(/\s+/g, '').toUpperCase()
}

/** By ISO 7064, MOD 97-10; letters count from A = 10. */
function checkDigits(core: string): string {
  const digits = `${core}RF00`.replace(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)))
  return String(98n - (BigInt(digits) % 97n)).padStart(2, '0')
}
