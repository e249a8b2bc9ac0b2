import { type Account, accountsById, accountsCalled, namedAccounts } from '../../accounts/lookup.ts'
import { coresOfReference, referenceCore } from '../../base/creditor-reference.ts'
import type { Queryable } from '../../db/database.ts'
import { GUESSES } from '../../messages/guess.ts'
import type { Reason } from '../../messages/message.ts'
import type { View } from '../../tmf/view.ts'
import { billsByCore, billsNumbered, billsOver, type FoundBill } from '../payments/bill-lookup.ts'
import { slipsOf } from './near.ts'
import { readRemittance } from './remittance.ts'

/** A bill or an account that an unmatched payment may be for, and why. */
export interface Guess {
  readonly account: Account
  readonly bill: FoundBill | undefined
  readonly reasons: readonly Reason[]
}

/** The parts of an unmatched payment that say whose it may be. */
export interface Guessed {
  readonly amount: string
  /** Undefined if it is not said. */
  readonly currency: string | undefined
  readonly accountNumber: string | undefined
  readonly billNo: string | undefined
  readonly creditorReference: string | undefined
  readonly remittance: string | undefined
  readonly debtorName: string | undefined
}

const GUESSES_MAX = 5
/** More bills over one amount say nothing. */
const SAME_AMOUNT_MAX = 5
const PHRASES_MAX = 12

/** A number that the payment has, and the cores of bills that it may mean. */
interface Clue {
  readonly said: string
  readonly exact: readonly string[]
  readonly near: readonly string[]
}

/** Returns the best guesses for each payment, those with most reasons first. */
export async function guessesFor(
  queryable: Queryable,
  view: View,
  payments: readonly Guessed[]
): Promise<readonly (readonly Guess[])[]> {
  const clues = payments.map(cluesOf)
  const names = payments.map(({ debtorName }) => namesOf(debtorName))
  const words = clues.flatMap((own) => own.map(({ said }) => said))
  const byCore = Map.groupBy(
    await billsByCore(queryable, view, [...new Set(clues.flat().flatMap(({ exact, near }) => [...exact, ...near]))]),
    ({ core }) => core
  )
  const byNumber = Map.groupBy(await billsNumbered(queryable, view, words), ({ billNo }) => billNo)
  const byAmount = await billsOver(queryable, view, payments, SAME_AMOUNT_MAX + 1)
  const called = await accountsCalled(queryable, view, names.flat())
  const named = await namedAccounts(queryable, view, words)
  const ids = [...byCore.values(), ...byNumber.values(), ...byAmount]
    .flat()
    .flatMap(({ billingAccountId }) => billingAccountId ?? [])
  const accounts = await accountsById(queryable, view, [
    ...new Set([...ids, ...[...named.values(), ...called].map(({ id }) => id)])
  ])
  return payments.map((payment, at) => {
    const found = new Findings(accounts)
    addNumbers(found, clues[at] ?? [], { byCore, byNumber, named })
    const own = called.filter(({ name }) => names[at]?.includes(lowerCase(name)))
    for (const { id } of own) found.addAccount(id, GUESSES.debtorName(payment.debtorName ?? ''))
    const over = byAmount[at] ?? []
    const telling = over.filter((bill) => over.length <= SAME_AMOUNT_MAX || found.has(bill.billingAccountId))
    for (const bill of telling) found.addBill(bill, GUESSES.amount())
    return found.best()
  })
}

interface Numbered {
  readonly byCore: ReadonlyMap<string, readonly FoundBill[]>
  readonly byNumber: ReadonlyMap<string, readonly FoundBill[]>
  readonly named: ReadonlyMap<string, { readonly id: string }>
}

function addNumbers(found: Findings, clues: readonly Clue[], { byCore, byNumber, named }: Numbered): void {
  const billsOf = (cores: readonly string[]) => cores.flatMap((core) => byCore.get(core) ?? [])
  for (const { said, exact, near } of clues) {
    for (const bill of [...(byNumber.get(said) ?? []), ...billsOf(exact)]) found.addBill(bill, GUESSES.named(said))
    for (const bill of billsOf(near)) found.addBill(bill, GUESSES.nearReference(said))
    const account = named.get(said)
    if (account) found.addAccount(account.id, GUESSES.named(said))
  }
}

/** Collects reasons by account: the bill of an account is the first that is found. */
class Findings {
  readonly #accounts: ReadonlyMap<string, Account>
  readonly #found = new Map<string, { bill: FoundBill | undefined; readonly reasons: Map<string, Reason> }>()

  constructor(accounts: ReadonlyMap<string, Account>) {
    this.#accounts = accounts
  }

  has(accountId: string | undefined): boolean {
    return this.#found.has(String(accountId))
  }

  addBill(bill: FoundBill, reason: Reason): void {
    if (bill.billingAccountId === undefined) return
    const found = this.addAccount(bill.billingAccountId, reason)
    found.bill ??= bill
  }

  addAccount(id: string, reason: Reason) {
    const found = this.#found.get(id) ?? { bill: undefined, reasons: new Map<string, Reason>() }
    if (!found.reasons.has(reason.code)) found.reasons.set(reason.code, reason)
    this.#found.set(id, found)
    return found
  }

  best(): readonly Guess[] {
    return [...this.#found]
      .flatMap(([id, { bill, reasons }]) => {
        const account = this.#accounts.get(id)
        return account ? [{ account, bill, reasons: [...reasons.values()] }] : []
      })
      .sort((a, b) => b.reasons.length - a.reasons.length)
      .slice(0, GUESSES_MAX)
  }
}

function cluesOf({ creditorReference, billNo, accountNumber, remittance }: Guessed): readonly Clue[] {
  const { creditorReferences, phrases } = readRemittance(remittance ?? '')
  const words = phrases.slice(0, PHRASES_MAX).map(({ text }) => text)
  const said = [creditorReference, billNo, accountNumber, ...creditorReferences, ...words]
  return [...new Set(said.flatMap((one) => one ?? []))].map((one) => {
    const core = referenceCore(one)
    // Of a mistyped reference the check digits tell nothing.
    const own = /^RF\d\d./.test(core) ? core.slice(4) : core
    const exact = [...new Set([...coresOfReference(one), core])]
    return { said: one, exact, near: [own, ...slipsOf(own)].filter((near) => !exact.includes(near)) }
  })
}

/** A name as it stands, and with its last word in front or its first one behind. */
function namesOf(debtorName: string | undefined): readonly string[] {
  const words = lowerCase(debtorName ?? '')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const [first, last] = [words[0], words.at(-1)]
  if (first === undefined || last === undefined) return []
  return [...new Set([words, [last, ...words.slice(0, -1)], [...words.slice(1), first]].map((each) => each.join(' ')))]
}

/** As the database has it: letters beyond ASCII stay as they are. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
