import type { Language } from '../base/language.ts'
import type { PortalWords } from './vocabulary.ts'
import { de } from './words-de.ts'
import { en } from './words-en.ts'
import { fr } from './words-fr.ts'

export const PORTAL_WORDS: Readonly<Record<Language, PortalWords>> = { en, de, fr }
