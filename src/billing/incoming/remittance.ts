import { isCreditorReference, referenceCore } from '../../base/creditor-reference.ts'
import { plainText } from '../../base/plain-text.ts'

/** Words of a text that stand together: those from `from` up to `to`, which does not belong to them. */
export interface Phrase {
  readonly from: number
  readonly to: number
  /** With one blank between the words. */
  readonly text: string
  readonly core: string
}

/** The parts of a remittance text that may name a bill or an account. */
export interface Remittance {
  readonly creditorReferences: readonly string[]
  readonly phrases: readonly Phrase[]
}

const WORDS_MAX = 60
/** Words of a number, such as `INV 2026 000180`. */
const PHRASE_WORDS_MAX = 4
/** A creditor reference in groups of four. */
const REFERENCE_WORDS_MAX = 7

/** Finds whole words only: a number within another one is none. */
export function readRemittance(text: string): Remittance {
  const words = plainText(text)
    .split(/[ ,;|]+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}+]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((word) => word !== '')
    .slice(0, WORDS_MAX)
  const references = phrasesOf(words, REFERENCE_WORDS_MAX, /^RF\d\d/i).map((phrase) => phrase.text.replaceAll(' ', ''))
  return {
    creditorReferences: [...new Set(references)].filter(isCreditorReference),
    phrases: phrasesOf(words, PHRASE_WORDS_MAX, /^/).filter(({ text: phrase }) => /\d/.test(phrase))
  }
}

function phrasesOf(words: readonly string[], max: number, beginning: RegExp): readonly Phrase[] {
  return words.flatMap((word, from) => {
    if (!beginning.test(word)) return []
    const count = Math.min(max, words.length - from)
    return Array.from({ length: count }, (_, more) => {
      const to = from + more + 1
      const text = words.slice(from, to).join(' ')
      return { from, to, text, core: referenceCore(text) }
    })
  })
}

/** Leaves out phrases that are a part of another one: `2026` within `INV 2026 000180`. */
export function longest<P extends Pick<Phrase, 'from' | 'to'>>(phrases: readonly P[]): readonly P[] {
  return phrases.filter(
    (one) =>
      !phrases.some(
        (other) => other.from <= one.from && one.to <= other.to && other.to - other.from > one.to - one.from
      )
  )
}
