import { compact, isCreditorReference } from '../../base/creditor-reference.ts'
import type { Branding } from './branding.ts'

/** The bank details for paying a bill, and a code for banks' apps if one is possible. */
export interface CreditTransfer {
  readonly payee: string
  readonly iban: string | undefined
  readonly bic: string | undefined
  readonly bank: string | undefined
  readonly reference: string | undefined
  /** The text of a QR code (EPC069-12, version 2). */
  readonly code: string | undefined
}

/** Limits of EPC069-12. */
const NAME_MAX_LENGTH = 70
const TEXT_MAX_LENGTH = 140
const AMOUNT_MAX_LENGTH = '999999999.99'.length

/** `amount` is a decimal. */
export function creditTransferOf(
  issuer: { readonly name: string; readonly branding: Branding },
  { amount, currency, reference }: { amount: string; currency: string; reference: string | undefined }
): CreditTransfer {
  const { iban, bic, name } = issuer.branding.bank
  const transfer = { payee: issuer.name, iban: iban && groupsOfFour(iban), bic, bank: name, reference }
  return { ...transfer, code: currency === 'EUR' ? epcCode(transfer, amount) : undefined }
}

/** Groups an IBAN by four, however it was written. Any other text stays as it is. */
export function groupsOfFour(iban: string): string {
  const plain = compact(iban)
  return isIban(plain) ? plain.replace(/.{4}(?=.)/g, '$& ') : iban
}

/** Checks the check digits of an IBAN without blanks (ISO 13616). */
export function isIban(iban: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false
  const digits = (iban.slice(4) + iban.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)))
  return BigInt(digits) % 97n === 1n
}

function epcCode(
  { payee, iban, bic, reference = '' }: Omit<CreditTransfer, 'code'>,
  amount: string
): string | undefined {
  const [account, bank, structured] = [compact(iban ?? ''), compact(bic ?? ''), compact(reference)]
  const isReference = isCreditorReference(structured)
  const [euros = '', cents = ''] = amount.split('.')
  const decimals = `${euros}.${cents.padEnd(2, '0')}`
  const isPayable = /^\d+\.\d\d$/.test(decimals) && decimals.length <= AMOUNT_MAX_LENGTH
  if (!isIban(account) || !isPayable) return undefined
  return [
    ...['BCD', '002', '1', 'SCT', /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(bank) ? bank : ''],
    ...[firstLetters(payee, NAME_MAX_LENGTH), account, `EUR${decimals}`, ''],
    ...(isReference ? [structured] : ['', firstLetters(reference, TEXT_MAX_LENGTH)])
  ].join('\n')
}

/** Cuts a name to a transfer's length; banks compare the beginning. */
function firstLetters(text: string, count: number): string {
  return [...text.replace(/\s+/g, ' ').trim()].slice(0, count).join('')
}
