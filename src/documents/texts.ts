import type { Language } from '../base/language.ts'
import type { BillView } from './bill-view.ts'
import type { PostalAddress } from './branding.ts'
import type { Format } from './format.ts'
import type { Words } from './words.ts'

/** What stands above a bill, e.g. `Invoice INV-2026-000180`. */
export function titleOf({ kind, number = '' }: BillView, { titles }: Words): string {
  return oneLine(`${titles[kind]} ${number}`)
}

/** What is known of number, dates and account, with its names. */
export function factsOf(view: BillView, words: Words, format: Format): readonly (readonly [string, string])[] {
  const { number = '', date, period, account = '', dueDate } = view
  const all = [
    [words.number, oneLine(number)],
    [words.date, date ? format.date(date) : ''],
    [words.period, format.period(period.startDateTime, period.endDateTime)],
    [words.account, oneLine(account)],
    [words.dueDate, dueDate ? format.date(dueDate) : '']
  ] as const
  return all.filter(([, value]) => value !== '')
}

/** The lines of an address as they stand on an envelope; the country in the language of the document. */
export function addressLines(address: PostalAddress, language: Language): readonly string[] {
  const { line1, line2, postalCode, city, state, country } = address
  const place = [postalCode, city].filter((part) => part !== undefined).join(' ')
  const land = country && new Intl.DisplayNames(language, { type: 'region', fallback: 'code' }).of(country)
  return [line1, line2, place, state, land].map((line) => oneLine(line ?? '')).filter((line) => line !== '')
}

/** A text in one line, without control characters and marks that would turn its direction. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trim()
}
