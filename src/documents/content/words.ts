import { LANGUAGES, type Language } from '../../base/language.ts'
import type { Words } from './vocabulary.ts'
import { de } from './words-de.ts'
import { en } from './words-en.ts'
import { fr } from './words-fr.ts'
export const WORDS: Readonly<Record<Language, Words>> = { en, de, fr }

/** Returns the language of a BCP 47 tag (`de-AT` is German); English for one without a vocabulary. */
export function languageOf(tag: string | null | undefined): Language {
  const primary = tag?.toLowerCase().split(/[-_]/)[0]
  return LANGUAGES.find((language) => language === primary) ?? 'en'
}
