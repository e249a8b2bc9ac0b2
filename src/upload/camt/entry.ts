import { createHash } from 'node:crypto'
import { isCreditorReference } from '../../base/creditor-reference.ts'
import { canonicalDecimal, compareDecimals, sumDecimals } from '../../base/money.ts'
import type { Xml } from './xml.ts'

/** A transaction of a statement by the columns of an import. */
export interface StatementRow {
  /**
   * `return` is a credit that went back, or a payment of ours that came back; `batch` stands for several credits, and
   * `unequal` for several that do not add up to their amount.
   */
  readonly type: 'payment' | 'return' | 'batch' | 'unequal'
  readonly amount: string
  readonly currency: string
  readonly date: string
  readonly reference: string
  readonly method: string
  readonly creditor_reference: string
  readonly text: string
  readonly debtor_name: string
  readonly debtor_account: string
  readonly bank_account: string
}

/** In the order of a file of rows. */
export const STATEMENT_COLUMNS: readonly (keyof StatementRow)[] = [
  ...(['type', 'creditor_reference', 'amount', 'currency', 'date', 'reference', 'method', 'text'] as const),
  ...(['debtor_name', 'debtor_account', 'bank_account'] as const)
]

const BOOKED = 'BOOK'
/** Banks write these for a reference that is missing. */
const NO_REFERENCE = new Set(['', 'NOTPROVIDED', 'NONREF', 'NOREF'])
const HASH_LENGTH = 32
const TEXT_LENGTH = 1_000
const NAME_LENGTH = 256

/** Returns the credits and returns of a statement. */
export function entryRows(statement: Xml): readonly StatementRow[] {
  const account = identification(statement.one('Acct'))
  return statement.all('Ntry').flatMap((entry) => {
    if ((entry.textAt('Sts', 'Cd') || entry.textAt('Sts')) !== BOOKED) return []
    const details = entry.all('NtryDtls', 'TxDtls')
    const count = Number(entry.textAt('NtryDtls', 'Btch', 'NbOfTxs'))
    const isBatch = details.length > 1 || count > 1
    if (details.length === 0) return transactionRow({ account, entry, details: entry, isBatch: false, count })
    const rows = details.flatMap((one) => transactionRow({ account, entry, details: one, isBatch, count: 1 }))
    if (rows.length === 0 || !isBatch || isEqual(entry, details)) return rows
    return transactionRow({ account, entry, details: entry, isBatch: false, count }).map((row) => ({
      ...row,
      type: 'unequal' as const
    }))
  })
}

interface Transaction {
  readonly account: string
  readonly entry: Xml
  /** The entry itself, if it has no details. */
  readonly details: Xml
  /** The entry has other transactions, too. */
  readonly isBatch: boolean
  /** For how many transactions it stands. */
  readonly count: number
}

function transactionRow(transaction: Transaction): readonly StatementRow[] {
  const { account, entry, details, count } = transaction
  const type = typeOf(transaction)
  if (type === undefined) return []
  const [creditorReference, ...texts] = remittance(details)
  const row = {
    type: count > 1 && type === 'payment' ? ('batch' as const) : type,
    ...amountOf(transaction),
    date: dayOf(entry),
    method: methodOf(details.one('BkTxCd') ?? entry.one('BkTxCd')),
    creditor_reference: creditorReference ?? '',
    text: texts.join('\n').slice(0, TEXT_LENGTH),
    debtor_name: debtorOf(details).slice(0, NAME_LENGTH),
    debtor_account: identification(details.one('RltdPties', 'DbtrAcct')),
    bank_account: account
  }
  return [{ ...row, reference: `${account} ${bankReference(transaction) ?? hashOf(row, entry, details)}`.trim() }]
}

/** A debit that is no return is nobody's payment. */
function typeOf({ entry, details }: Transaction): 'payment' | 'return' | undefined {
  const isCredit = (details.textAt('CdtDbtInd') || entry.textAt('CdtDbtInd')) === 'CRDT'
  const isReturn = ['true', '1'].includes(entry.textAt('RvslInd')) || details.one('RtrInf') !== undefined
  if (isReturn) return 'return'
  return isCredit ? 'payment' : undefined
}

/** Prefers the amount of the transaction: that of an entry is of all its transactions, and maybe less charges. */
function amountOf({ entry, details, isBatch = false }: Pick<Transaction, 'entry' | 'details'> & Partial<Transaction>): {
  readonly amount: string
  readonly currency: string
} {
  const whole = entry.one('Amt')
  const own = details.one('Amt') ?? details.one('AmtDtls', 'TxAmt', 'Amt')
  const isConverted = !isBatch && own?.attribute('Ccy') !== whole?.attribute('Ccy')
  const amount = own && !isConverted ? own : isBatch ? undefined : whole
  return { amount: amount?.text ?? '', currency: amount?.attribute('Ccy') ?? '' }
}

/** Finds whether the transactions of a batch add up to its amount; unknown for other currencies and after charges. */
function isEqual(entry: Xml, details: readonly Xml[]): boolean {
  const { amount, currency } = amountOf({ entry, details: entry })
  const side = entry.textAt('CdtDbtInd')
  const parts = details.map((one) => {
    const part = amountOf({ entry, details: one, isBatch: true })
    return { ...part, isOpposite: ![side, ''].includes(one.textAt('CdtDbtInd')) }
  })
  const isUnknown = [{ amount, currency }, ...parts].some(
    (one) => one.currency !== currency || canonicalDecimal(one.amount) === undefined
  )
  if (isUnknown || [entry, ...details].some((one) => one.one('Chrgs') !== undefined)) return true
  const sum = sumDecimals(parts.map(({ amount: part, isOpposite }) => (isOpposite ? `-${part}` : part)))
  return compareDecimals(sum, amount) === 0
}

/** Returns the day on which the money is at the account's disposal, or else of the booking, as DD-MM-YYYY. */
function dayOf(entry: Xml): string {
  const dates = ['ValDt', 'BookgDt'].flatMap((name) => [entry.textAt(name, 'Dt'), entry.textAt(name, 'DtTm')])
  const [year, month, day] = (dates.find((date) => date !== '') ?? '').slice(0, 10).split('-')
  return [day, month, year].filter((part) => part !== undefined).join('-')
}

/**
 * Returns the bank's own reference, which statement and notification of a day have in common: that of the entry, and
 * for one of several transactions that of the transaction as well.
 */
function bankReference({ entry, details, isBatch }: Transaction): string | undefined {
  const known = (reference: string) => !NO_REFERENCE.has(reference.toUpperCase())
  const ofEntry = [entry.textAt('AcctSvcrRef')].find(known)
  const ofTransaction = ['AcctSvcrRef', 'TxId', 'UETR'].map((name) => details.textAt('Refs', name)).find(known)
  if (!isBatch) return ofEntry ?? ofTransaction
  const endToEnd = [details.textAt('Refs', 'EndToEndId')].find(known)
  const own = ofTransaction ?? (ofEntry === undefined ? undefined : endToEnd)
  return own === undefined ? undefined : [ofEntry, own].filter((part) => part !== undefined).join('/')
}

/** Stands for a reference where the bank gives none. */
function hashOf(transaction: Omit<StatementRow, 'reference'>, entry: Xml, details: Xml): string {
  const endToEnd = details.textAt('Refs', 'EndToEndId')
  const content = [...Object.values(transaction), entry.textAt('CdtDbtInd'), entry.textAt('BookgDt', 'Dt'), endToEnd]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, HASH_LENGTH)
}

/** Returns the creditor reference, empty for none, and the other texts of the remittance, structured ones first. */
function remittance(details: Xml): readonly string[] {
  const structured = details.all('RmtInf', 'Strd')
  const references = structured.flatMap((one) => textsOf(one, 'CdtrRefInf', 'Ref'))
  const first = references.find(isCreditorReference)
  return [
    first ?? '',
    ...references.filter((reference) => reference !== first),
    ...structured.flatMap((one) => textsOf(one, 'RfrdDocInf', 'Nb')),
    ...textsOf(details, 'RmtInf', 'Ustrd'),
    ...structured.flatMap((one) => textsOf(one, 'AddtlRmtInf')),
    ...textsOf(details, 'AddtlNtryInf')
  ]
}

function textsOf(xml: Xml, ...path: readonly string[]): readonly string[] {
  return xml
    .all(...path)
    .map(({ text }) => text)
    .filter((text) => text !== '')
}

/** Newer versions have the party one level deeper. */
function debtorOf(details: Xml): string {
  const parties = ['UltmtDbtr', 'Dbtr'].flatMap((party) => [
    details.textAt('RltdPties', party, 'Pty', 'Nm'),
    details.textAt('RltdPties', party, 'Nm')
  ])
  return parties.find((name) => name !== '') ?? ''
}

function identification(account: Xml | undefined): string {
  return account?.textAt('Id', 'IBAN') || account?.textAt('Id', 'Othr', 'Id') || ''
}

/** By the family of ISO 20022's codes of bank transactions. */
const METHODS: Readonly<Record<string, string>> = {
  RDDT: 'directDebit',
  IDDT: 'directDebit',
  CCRD: 'card',
  MCRD: 'card',
  CNTR: 'cash'
}

function methodOf(code: Xml | undefined): string {
  return METHODS[code?.textAt('Domn', 'Fmly', 'Cd') ?? ''] ?? 'bankTransfer'
}
