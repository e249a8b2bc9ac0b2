import { account } from '../accounts/account.ts'
import type { NamedAccount } from '../accounts/lookup.ts'
import type { Instant } from '../base/instant.ts'
import { OWN_ROOT } from '../tmf/representation.ts'
import type { BillRow } from './bill-row.ts'
import { type AccountText, billText } from './bill-text.ts'
import type { FoundRow } from './judge.ts'

/** A row with the bill that it becomes. */
export interface Draft extends FoundRow {
  readonly billId: string
  readonly eventId: string
  readonly document: string
}

interface Drafting {
  readonly newId: () => string
  readonly state: string
  readonly now: Instant
  /** Of a bill that there is already. */
  readonly billId?: string
}

export function drafted(found: FoundRow, { newId, state, now, billId = newId() }: Drafting): Draft {
  const { row, dates, currency } = found
  const [documentId, eventId] = [newId(), newId()]
  const names = { id: billId, documentId, state, currency, account: referenceOf(row, found.account), lastUpdate: now }
  return { ...found, billId, eventId, document: billText(row, dates, names) }
}

/** Returns the reference to an account, resolved if it is of this service. */
function referenceOf({ accountNumber, name }: BillRow, named: NamedAccount | undefined): AccountText {
  if (named) return { id: named.id, rest: JSON.stringify({ name: named.name, href: `${OWN_ROOT}/${account.path}` }) }
  return { id: accountNumber, rest: name === undefined ? null : JSON.stringify({ name }) }
}
