import { Problem } from './problem.ts'

const FAULT = "must be in Unicode's form NFC, without invisible characters, with no blanks but single spaces inside"

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const BLANKS = /\p{White_Space}+/gu

/**
 * The same text for all that look the same: without characters that show nothing, in Unicode's form NFC, one space for
 * any blanks, none at the ends. Letters keep their case. The database's function `plain_text` does the same.
 */
export function plainText(text: string): string {
  return text.replace(INVISIBLE, '').normalize('NFC').replace(BLANKS, ' ').trim()
}

/** Throws `invalidField` unless a text is the one that stands for all that look like it. */
export function requirePlainText(path: string, text: string): void {
  if (plainText(text) !== text) throw new Problem('invalidField', `${path} ${FAULT}`)
}
