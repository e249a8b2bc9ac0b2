import { BODIES } from '../messages/body.ts'

/** The common case: visible ASCII with single spaces inside. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const BLANKS = /\p{White_Space}+/gu

/**
 * Maps texts that look the same to one text: drops invisible characters, applies Unicode NFC, makes any blanks one
 * space and trims the ends. Keeps the case. The database's function `plain_text` does the same.
 */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(INVISIBLE, '').normalize('NFC').replace(BLANKS, ' ').trim()
}

/** Throws `invalidField` if `plainText` would change the text. */
export function requirePlainText(path: string, text: string): void {
  if (plainText(text) !== text) throw BODIES.notPlain(path)
}
