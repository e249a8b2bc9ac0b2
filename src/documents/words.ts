import { LANGUAGES, type Language } from '../base/language.ts'

/** Everything a bill says in words of its own; `{…}` is filled in. */
export interface Words {
  readonly titles: Readonly<Record<'bill' | 'creditNote' | 'trial' | 'draft', string>>
  /** By type of rate; another type stands for itself. */
  readonly types: Readonly<Record<string, string>>
  readonly number: string
  readonly date: string
  readonly period: string
  readonly account: string
  readonly dueDate: string
  readonly description: string
  readonly tax: string
  readonly rate: string
  readonly base: string
  readonly amount: string
  readonly items: string
  readonly subtotal: string
  readonly rounding: string
  readonly net: string
  readonly gross: string
  readonly amountDue: string
  readonly payBy: string
  readonly reference: string
  readonly taxNumber: string
  readonly carriedForward: string
  readonly broughtForward: string
  readonly page: string
  readonly asIssued: string
}

const en: Words = {
  titles: { bill: 'Invoice', creditNote: 'Credit note', trial: 'Trial invoice', draft: 'Draft – not an invoice' },
  types: {
    recurringCharge: 'Recurring charges',
    oneTimeCharge: 'One-time charges',
    usageCharge: 'Usage',
    appliedBillingCharge: 'Charges',
    appliedPenaltyCharge: 'Penalty charges',
    appliedBillingCredit: 'Credits'
  },
  number: 'Number',
  date: 'Date',
  period: 'Billing period',
  account: 'Account',
  dueDate: 'Due date',
  description: 'Description',
  tax: 'Tax',
  rate: 'Rate',
  base: 'Net amount',
  amount: 'Amount in {currency}',
  items: '{count} items',
  subtotal: 'Subtotal {name}',
  rounding: 'Rounding',
  net: 'Total before tax',
  gross: 'Total including tax',
  amountDue: 'Amount due',
  payBy: 'Payable by {date}',
  reference: 'Payment reference',
  taxNumber: 'Tax number',
  carriedForward: 'Carried forward',
  broughtForward: 'Brought forward',
  page: 'Page {page} of {pages}',
  asIssued: 'As issued; payments are not shown.'
}

const de: Words = {
  titles: { bill: 'Rechnung', creditNote: 'Gutschrift', trial: 'Proberechnung', draft: 'Entwurf – keine Rechnung' },
  types: {
    recurringCharge: 'Laufende Entgelte',
    oneTimeCharge: 'Einmalige Entgelte',
    usageCharge: 'Nutzung',
    appliedBillingCharge: 'Entgelte',
    appliedPenaltyCharge: 'Vertragsstrafen',
    appliedBillingCredit: 'Gutschriften'
  },
  number: 'Nummer',
  date: 'Datum',
  period: 'Abrechnungszeitraum',
  account: 'Kundenkonto',
  dueDate: 'Fällig am',
  description: 'Bezeichnung',
  tax: 'Steuer',
  rate: 'Satz',
  base: 'Nettobetrag',
  amount: 'Betrag in {currency}',
  items: '{count} Posten',
  subtotal: 'Zwischensumme {name}',
  rounding: 'Rundung',
  net: 'Summe ohne Steuer',
  gross: 'Summe mit Steuer',
  amountDue: 'Zu zahlen',
  payBy: 'Zahlbar bis {date}',
  reference: 'Verwendungszweck',
  taxNumber: 'Steuernummer',
  carriedForward: 'Übertrag auf die nächste Seite',
  broughtForward: 'Übertrag von der vorigen Seite',
  page: 'Seite {page} von {pages}',
  asIssued: 'Stand bei Ausstellung; Zahlungen sind nicht aufgeführt.'
}

const fr: Words = {
  titles: { bill: 'Facture', creditNote: 'Avoir', trial: 'Facture d’essai', draft: 'Projet – sans valeur de facture' },
  types: {
    recurringCharge: 'Abonnements',
    oneTimeCharge: 'Frais ponctuels',
    usageCharge: 'Consommations',
    appliedBillingCharge: 'Prestations',
    appliedPenaltyCharge: 'Pénalités',
    appliedBillingCredit: 'Remises'
  },
  number: 'Numéro',
  date: 'Date',
  period: 'Période de facturation',
  account: 'Compte client',
  dueDate: 'Échéance',
  description: 'Désignation',
  tax: 'Taxe',
  rate: 'Taux',
  base: 'Montant hors taxes',
  amount: 'Montant en {currency}',
  items: '{count} lignes',
  subtotal: 'Sous-total {name}',
  rounding: 'Arrondi',
  net: 'Total hors taxes',
  gross: 'Total toutes taxes comprises',
  amountDue: 'Montant à payer',
  payBy: 'À payer avant le {date} inclus',
  reference: 'Référence de paiement',
  taxNumber: 'Numéro fiscal',
  carriedForward: 'À reporter',
  broughtForward: 'Report',
  page: 'Page {page} sur {pages}',
  asIssued: 'État à l’émission ; les paiements ne figurent pas.'
}

/** The words of each language. */
export const WORDS: Readonly<Record<Language, Words>> = { en, de, fr }

/** The language of a BCP 47 tag (`de-AT` is German) among those there are; English for any other. */
export function languageOf(tag: string | null | undefined): Language {
  const primary = tag?.toLowerCase().split(/[-_]/)[0]
  return LANGUAGES.find((language) => language === primary) ?? 'en'
}

/** A text with its gaps filled. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap))
}
