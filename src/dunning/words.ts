import type { Language } from '../base/language.ts'

/** The names of rates; `{billNo}`, `{days}`, `{rate}` and `{dayCount}` are filled in. */
export interface RateWords {
  readonly fee: string
  readonly interest: string
}

export const RATE_WORDS: Readonly<Record<Language, RateWords>> = {
  en: {
    fee: 'Reminder fee for bill {billNo}',
    interest: 'Late interest on bill {billNo}: {days} days, {rate} % a year ({dayCount})'
  },
  de: {
    fee: 'Mahngebühr zur Rechnung {billNo}',
    interest: 'Verzugszinsen zur Rechnung {billNo}: {days} Tage, {rate} % pro Jahr ({dayCount})'
  },
  fr: {
    fee: 'Frais de relance pour la facture {billNo}',
    interest: 'Intérêts de retard sur la facture {billNo} : {days} jours, {rate} % par an ({dayCount})'
  }
}
