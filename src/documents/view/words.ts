import { LANGUAGES, type Language } from '../../base/language.ts'
import type { Words } from './vocabulary.ts'
import { de } from './words-de.ts'
import { en } from './words-en.ts'
import { fr } from './words-fr.ts'
/** The words of each language. */
export const WORDS: Readonly<Record<Language, Words>> = { en, de, fr }

/** The language of a BCP 47 tag (`de-AT` is German) among those there are; English for any other. */
export function languageOf(tag: string | null | undefined): Language {
  const primary = tag?.toLowerCase().split(/[-_]/)[0]
  return LANGUAGES.find((language) => language === primary) ?? 'en'
}
