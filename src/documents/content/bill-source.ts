import type { Instant } from '../../base/instant.ts'
import type { Language } from '../../base/language.ts'
import type { Branding, PostalAddress } from './branding.ts'

/** A longer bill shows the sums of its products only; its CSV has all lines. */
export const ITEMISED_MAX = 10_000

export interface Amount {
  readonly unit: string
  readonly value: string
}

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
  /** Undefined on a bill of another system. */
  readonly rounding: string | undefined
  readonly taxes: readonly Tax[]
  /** The tax rule for lines without taxes of their own; undefined on a bill of another system. */
  readonly taxProfile: TaxProfile | undefined
  readonly rates: Rates
  /** Counted up to one more than `ITEMISED_MAX`. */
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

export interface Account {
  readonly name: string | undefined
  readonly isPrepaid: boolean
  /** Set on a bill that the engine issued. Decimals; positive if the account owes. */
  readonly balance: Balance | undefined
}

export interface Balance {
  /** After the previous bill, if that bill kept it. */
  readonly previous?: string | undefined
  readonly before: string
  readonly after: string
  readonly credit: string
}

/** The tax rates or the exemption of an account when it was billed. */
export interface TaxProfile {
  readonly rates?: readonly { readonly taxCategory: string; readonly taxRate: number }[] | undefined
  readonly exempt?: boolean | undefined
  readonly exemptReason?: string | undefined
}

/** How many lines are listed of each type; types may have limits of their own. Without a limit, all are. */
export interface Itemisation {
  readonly lines?: number | undefined
  readonly types?: Readonly<Record<string, number>> | undefined
}

export interface Period {
  readonly startDateTime?: Instant | undefined
  readonly endDateTime?: Instant | undefined
}

/** `taxRate` is a fraction. */
export interface Tax {
  readonly taxCategory?: string | undefined
  readonly taxRate?: number | undefined
  readonly taxAmount: { readonly unit: string; readonly value: number }
}

/**
 * The lines of a bill in slices, by date, or by id if there are very many. Other work has its turn between two slices.
 */
export type Rates = AsyncIterable<readonly Rate[]>

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
