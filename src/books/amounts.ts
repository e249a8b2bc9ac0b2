/** Divides an amount of the ledger: positive is a debit, negative a credit; both are written without a sign. */
export function sides(amount: string): { readonly debit?: string; readonly credit?: string } {
  return amount.startsWith('-') ? { credit: amount.slice(1) } : { debit: amount }
}
