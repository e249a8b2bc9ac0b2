import type { Instant } from '../../base/instant.ts'
import type { Language } from '../../base/language.ts'
import type { Branding, PostalAddress } from './branding.ts'

/** A bill of more lines shows the sums of its products alone; the lines of any bill are in its CSV. */
export const ITEMISED_MAX = 10_000

/** An amount as the database has it, exact. */
export interface Amount {
  readonly unit: string
  readonly value: string
}

/** Everything a document of a bill is made from. */
export interface BillSource {
  readonly id: string
  readonly billNo: string | undefined
  readonly billDate: Instant | undefined
  readonly createdAt: Instant
  readonly category: string | undefined
  readonly isIssued: boolean
  readonly period: Period
  readonly paymentDueDate: Instant | undefined
  readonly accountId: string | undefined
  readonly taxExcluded: Amount | undefined
  readonly taxIncluded: Amount | undefined
  readonly amountDue: Amount | undefined
  /** Given on bills that the engine made. */
  readonly rounding: string | undefined
  readonly taxes: readonly Tax[]
  /** How lines without taxes of their own were taxed; given on bills that the engine made. */
  readonly taxProfile: TaxProfile | undefined
  readonly rates: Rates
  /** How many there are; one more than are itemised stands for any number above. */
  readonly lineCount: number
  readonly customer: { readonly name: string | undefined; readonly address: PostalAddress }
  readonly account: Account
  readonly tenant: {
    readonly name: string
    readonly branding: Branding
    readonly timeZone: string
    readonly itemisation: Itemisation
  }
  readonly language: Language
}

/** What a bill keeps of its account. */
export interface Account {
  readonly name: string | undefined
  /** It pays its bills from its balance as they are made. */
  readonly isPrepaid: boolean
  /** Of a bill that the engine issued; decimals, what the account owes is positive. */
  readonly balance: Balance | undefined
}

export interface Balance {
  /** After the bill before, if that kept it. */
  readonly previous?: string | undefined
  readonly before: string
  readonly after: string
  /** What of earlier payments pays this bill. */
  readonly credit: string
}

/** The rates that held for an account when it was billed, or its exemption. */
export interface TaxProfile {
  readonly rates?: readonly { readonly taxCategory: string; readonly taxRate: number }[] | undefined
  readonly exempt?: boolean | undefined
  readonly exemptReason?: string | undefined
}

/** How many lines are listed: of each type, and of those that have a limit of their own; all without one. */
export interface Itemisation {
  readonly lines?: number | undefined
  readonly types?: Readonly<Record<string, number>> | undefined
}

export interface Period {
  readonly startDateTime?: Instant | undefined
  readonly endDateTime?: Instant | undefined
}

/** A tax with its rate as a fraction. */
export interface Tax {
  readonly taxCategory?: string | undefined
  readonly taxRate?: number | undefined
  readonly taxAmount: { readonly unit: string; readonly value: number }
}

/**
 * The lines of a bill in slices, in the order of their dates, or in that of their ids if there are very many. Between
 * two slices others have their turn, so that a bill of any number of lines holds nobody up for longer than one takes.
 */
export type Rates = AsyncIterable<readonly Rate[]>

/** A line of a bill as it was charged. */
export interface Rate {
  readonly id: string
  readonly date: Instant | undefined
  readonly type: string | undefined
  readonly name: string | undefined
  readonly description: string | undefined
  readonly product: { readonly id: string | undefined; readonly name: string | undefined }
  readonly period: Period
  readonly taxes: readonly Tax[]
  readonly taxExcluded: Amount | undefined
  readonly taxIncluded: Amount | undefined
}
