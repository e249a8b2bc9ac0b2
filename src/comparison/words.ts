import type { Language } from '../base/language.ts'
import type { OPTIONAL_PARTS, REASONS, STATUSES } from './comparison.ts'

const en = {
  title: 'Comparison of bills',
  run: 'Bill run',
  dryRun: 'Dry run',
  cycle: 'Cycle',
  upload: 'Upload',
  date: 'Compared',
  tolerance: 'Tolerance',
  none: 'none',
  verdict: '{equal} of {accounts} accounts are equal',
  account: 'Account',
  accounts: 'Accounts',
  result: 'Result',
  statuses: {
    equal: 'Equal',
    differs: 'Different',
    onlyHere: 'In this service only',
    onlyThere: 'In the other system only'
  } satisfies Names<typeof STATUSES>,
  reasons: {
    amount: 'Amount',
    tax: 'Tax',
    lines: 'Lines',
    dueDate: 'Due date',
    unknownAccount: 'Account unknown here',
    parked: 'Parked by the run',
    notBilled: 'Not billed by the run'
  } satisfies Names<typeof REASONS>,
  reason: 'Reason',
  notCompared: 'Accounts with a part that is not compared, as one side does not know it: {parts}',
  parts: {
    tax: 'tax {count}',
    lines: 'lines {count}',
    dueDate: 'due date {count}'
  },
  withoutAccount: 'Bills of the other system without a billing account, left out: {count}',
  totals: 'Totals',
  currency: 'Currency',
  here: 'This service',
  there: 'Other system',
  bills: 'Bills: {count}',
  difference: 'Difference',
  histogram: 'Differences in {currency}',
  picture: `Accounts with bills on both sides, by the difference of their amounts: this service less the other system.
The heights are logarithmic; the numbers are accounts.`,
  bar: '{range}: {count}',
  exactly: 'no difference',
  upTo: '{from} to {to}',
  below: 'below {to}',
  above: 'above {from}',
  largest: 'Largest differences',
  more: 'and {count} more accounts',
  allEqual: 'All accounts are equal.'
}

type Names<List extends readonly string[]> = Readonly<Record<List[number], string>>

/** The fixed words of a report; `{…}` is filled in. */
export type ReportWords = Readonly<Omit<typeof en, 'statuses' | 'reasons' | 'parts'>> & {
  readonly statuses: Names<typeof STATUSES>
  readonly reasons: Names<typeof REASONS>
  readonly parts: Names<typeof OPTIONAL_PARTS>
}

const de: ReportWords = {
  title: 'Vergleich von Rechnungen',
  run: 'Rechnungslauf',
  dryRun: 'Probelauf',
  cycle: 'Zyklus',
  upload: 'Datei',
  date: 'Verglichen',
  tolerance: 'Toleranz',
  none: 'keine',
  verdict: '{equal} von {accounts} Konten sind gleich',
  account: 'Konto',
  accounts: 'Konten',
  result: 'Ergebnis',
  statuses: {
    equal: 'Gleich',
    differs: 'Verschieden',
    onlyHere: 'Nur in diesem Dienst',
    onlyThere: 'Nur im anderen System'
  },
  reasons: {
    amount: 'Betrag',
    tax: 'Steuer',
    lines: 'Positionen',
    dueDate: 'Fälligkeit',
    unknownAccount: 'Konto hier unbekannt',
    parked: 'Vom Lauf zurückgestellt',
    notBilled: 'Vom Lauf nicht abgerechnet'
  },
  reason: 'Grund',
  notCompared: 'Konten mit einem Teil, der nicht verglichen ist, da eine Seite ihn nicht kennt: {parts}',
  parts: {
    tax: 'Steuer {count}',
    lines: 'Positionen {count}',
    dueDate: 'Fälligkeit {count}'
  },
  withoutAccount: 'Rechnungen des anderen Systems ohne Konto, nicht berücksichtigt: {count}',
  totals: 'Summen',
  currency: 'Währung',
  here: 'Dieser Dienst',
  there: 'Anderes System',
  bills: 'Rechnungen: {count}',
  difference: 'Differenz',
  histogram: 'Differenzen in {currency}',
  picture: `Konten mit Rechnungen auf beiden Seiten, nach der Differenz ihrer Beträge: dieser Dienst minus anderes
System. Die Höhen sind logarithmisch; die Zahlen sind Konten.`,
  bar: '{range}: {count}',
  exactly: 'keine Differenz',
  upTo: '{from} bis {to}',
  below: 'unter {to}',
  above: 'über {from}',
  largest: 'Größte Differenzen',
  more: 'und {count} weitere Konten',
  allEqual: 'Alle Konten sind gleich.'
}

const fr: ReportWords = {
  title: 'Comparaison de factures',
  run: 'Cycle de facturation exécuté',
  dryRun: 'Exécution à blanc',
  cycle: 'Cycle',
  upload: 'Fichier',
  date: 'Comparé',
  tolerance: 'Tolérance',
  none: 'aucune',
  verdict: '{equal} comptes sur {accounts} sont identiques',
  account: 'Compte',
  accounts: 'Comptes',
  result: 'Résultat',
  statuses: {
    equal: 'Identiques',
    differs: 'Différents',
    onlyHere: 'Dans ce service seulement',
    onlyThere: 'Dans l’autre système seulement'
  },
  reasons: {
    amount: 'Montant',
    tax: 'Taxe',
    lines: 'Lignes',
    dueDate: 'Échéance',
    unknownAccount: 'Compte inconnu ici',
    parked: 'Mis de côté',
    notBilled: 'Non facturé'
  },
  reason: 'Motif',
  notCompared: 'Comptes dont une partie n’est pas comparée, car un côté ne la connaît pas\u00a0: {parts}',
  parts: {
    tax: 'taxe {count}',
    lines: 'lignes {count}',
    dueDate: 'échéance {count}'
  },
  withoutAccount: 'Factures de l’autre système sans compte, non prises en compte\u00a0: {count}',
  totals: 'Totaux',
  currency: 'Devise',
  here: 'Ce service',
  there: 'Autre système',
  bills: 'Factures\u00a0: {count}',
  difference: 'Différence',
  histogram: 'Différences en {currency}',
  picture: `Comptes avec des factures des deux côtés, selon la différence de leurs montants\u00a0: ce service moins
l’autre système. Les hauteurs sont logarithmiques\u00a0; les nombres sont des comptes.`,
  bar: '{range}\u00a0: {count}',
  exactly: 'aucune différence',
  upTo: 'de {from} à {to}',
  below: 'moins de {to}',
  above: 'plus de {from}',
  largest: 'Plus grandes différences',
  more: 'et {count} autres comptes',
  allEqual: 'Tous les comptes sont identiques.'
}

export const REPORT_WORDS: Readonly<Record<Language, ReportWords>> = { en, de, fr }
