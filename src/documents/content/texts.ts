import type { Language } from '../../base/language.ts'
import type { BillContent } from './bill-content.ts'
import type { PostalAddress } from './branding.ts'
import type { Format } from './format.ts'
import type { Line } from './tally.ts'
import { fill, labelled, type Words } from './vocabulary.ts'

export function titleOf({ kind, number = '' }: BillContent, { titles }: Words): string {
  return oneLine(`${titles[kind]} ${number}`)
}

/** Returns number, dates and account, each with its label, as far as known. */
export function factsOf(content: BillContent, words: Words, format: Format): readonly (readonly [string, string])[] {
  const { number = '', date, period, account, corrected, replaced } = content
  const all = [
    [words.number, oneLine(number)],
    [words.date, date ? format.date(date) : ''],
    [words.corrects, corrected ? oneLine(`${corrected.billNo} · ${format.date(corrected.date)}`) : ''],
    [words.replaces, oneLine(replaced.join(', '))],
    [words.period, format.period(period.startDateTime, period.endDateTime)],
    [words.account, oneLine([account.id, account.name].filter((part) => part).join(' · '))]
  ] as const
  return all.filter(([, value]) => value !== '')
}

/** The large text, and the day with its label, if there is one. */
export interface DueTexts {
  readonly head: string
  readonly amount: string
  readonly by: readonly string[]
}

export function dueTexts({ due }: BillContent, words: Words, format: Format): DueTexts | undefined {
  if (!due) return undefined
  const { kind, amount, date } = due
  const heads = {
    pay: words.amountDue,
    giveBack: words.givenBack,
    nothing: words.nothingDue,
    fromBalance: words.fromBalance
  }
  return { head: heads[kind], amount: format.money(amount), by: date ? [words.dueDate, format.date(date)] : [] }
}

export function transferOf({ due }: BillContent, words: Words): readonly (readonly [string, string])[] {
  const { transfer } = due ?? {}
  if (!transfer) return []
  const { payee, iban = '', bic = '', bank = '', reference = '' } = transfer
  const all = [
    [words.payee, iban === '' ? '' : payee],
    ['IBAN', iban],
    ['BIC', bic],
    [words.bank, bank],
    [words.reference, reference]
  ] as const
  return all.map(([name, value]) => [name, oneLine(value)] as const).filter(([, value]) => value !== '')
}

/** Returns the open amounts of the account before and after the bill, each with its label. */
export function balanceTexts({ account, gross }: BillContent, words: Words, format: Format) {
  const { balance } = account
  if (!balance) return []
  const { previous, before, after } = balance
  const since =
    previous === undefined
      ? []
      : ([
          [words.previous, format.amount(previous)],
          [words.movements, format.difference(before, previous)]
        ] as const)
  return [
    ...since,
    [words.before, format.amount(before)],
    [words.thisBill, gross === undefined ? format.difference(after, before) : format.amount(gross)],
    [words.after, format.amount(after)]
  ] as const
}

export function exemptionOf({ taxes }: BillContent, words: Words): string | undefined {
  if (!taxes.untaxed?.isExempt) return undefined
  const { reason } = taxes.untaxed
  return reason === undefined ? words.exemptNote : labelled(words, words.exempt, oneLine(reason))
}

/** Returns the line's own tax rates, or those of lines without any. */
export function ratesOf({ taxRates }: Line, { taxes }: BillContent, format: Format): string {
  return (taxRates ?? taxes.impliedRates).map(format.percent).join(', ')
}

export function itemsOf(count: number, words: Words, format: Format): string {
  return fill(words.items, { count: format.count(count) })
}

export function detailOf({ detail, period }: Line, format: Format): string {
  const days = format.shortPeriod(period.startDateTime, period.endDateTime)
  return oneLine([detail, days].filter((part) => part).join(' · '))
}

/** Returns the lines of an address for an envelope; the country in the language of the document. */
export function addressLines(address: PostalAddress, language: Language): readonly string[] {
  const { line1, line2, postalCode, city, state, country } = address
  const place = [postalCode, city].filter((part) => part !== undefined).join(' ')
  const land = country && new Intl.DisplayNames(language, { type: 'region', fallback: 'code' }).of(country)
  return [line1, line2, place, state, land].map((line) => oneLine(line ?? '')).filter((line) => line !== '')
}

/** Returns the imprint the law requires on each page: name, address, contact and tax number. */
export function imprintOf({ issuer, language }: BillContent, words: Words): readonly string[] {
  const { address, contact, taxNumber } = issuer.branding
  const groups = [
    [issuer.name, ...addressLines(address, language)],
    contact,
    taxNumber === undefined ? [] : [labelled(words, words.taxNumber, taxNumber)]
  ]
  return groups.map((parts) => oneLine(parts.join(' · '))).filter((line) => line !== '')
}

/** Puts a text on one line, without control characters or marks that would turn its direction. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trim()
}
