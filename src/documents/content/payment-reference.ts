/** Characters after `RF` and the two check digits (ISO 11649). */
const REFERENCE_MAX_LENGTH = 21

/**
 * Returns the creditor reference of a bill number (ISO 11649) in groups of four: `RF18 5390 0754 7034`. A number that
 * is too long or has no usable character stays as it is.
 */
export function paymentReference(billNo: string): string {
  const own = billNo.toUpperCase().replace(/[^0-9A-Z]/g, '')
  if (own === '' || own.length > REFERENCE_MAX_LENGTH) return billNo
  const check = 98n - (BigInt(digitsOf(`${own}RF00`)) % 97n)
  return `RF${String(check).padStart(2, '0')}${own}`.replace(/.{4}(?=.)/g, '$& ')
}

/** Letters count from A = 10 (ISO 7064). */
function digitsOf(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 'A'.charCodeAt(0) + 10))
}
