import { z } from 'zod'
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
  /** The bill that a credit note corrects. */
  readonly corrected: { readonly billNo: string; readonly date: Instant } | undefined
  /** The numbers of the cancelled bills of which it has lines. */
  readonly replaced: readonly string[]
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
  readonly sums: RateSums
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

export const BALANCE = z.object({
  /** After the previous bill, if that bill kept it. */
  previous: z.string().optional(),
  before: z.string(),
  after: z.string(),
  credit: z.string()
})
export type Balance = Readonly<z.output<typeof BALANCE>>

/** The tax rates or the exemption of an account when it was billed. */
export const TAX_PROFILE = z.object({
  rates: z
    .array(z.object({ taxCategory: z.string(), taxRate: z.number() }))
    .readonly()
    .optional(),
  exempt: z.boolean().optional(),
  exemptReason: z.string().optional()
})
export type TaxProfile = Readonly<z.output<typeof TAX_PROFILE>>

/** How many lines are listed of each type; types may have limits of their own. Without a limit, all are. */
export const ITEMISATION = z.object({
  lines: z.number().optional(),
  types: z.record(z.string(), z.number()).optional()
})
export type Itemisation = Readonly<z.output<typeof ITEMISATION>>

export const PERIOD = z.object({ startDateTime: z.string().optional(), endDateTime: z.string().optional() })
export type Period = Readonly<z.output<typeof PERIOD>>

/** `taxRate` is a fraction. */
export const TAX = z.object({
  taxCategory: z.string().optional(),
  taxRate: z.number().optional(),
  taxAmount: z.object({ unit: z.string(), value: z.number() })
})
export type Tax = Readonly<z.output<typeof TAX>>

/**
 * The lines of a bill in slices, by date, or by id if there are very many. Other work has its turn between two slices.
 */
export type Rates = AsyncIterable<readonly Rate[]>

/** The same lines, added up; the displayed amounts have the digits of a currency, by default that of the first line. */
export type RateSums = (currency: string | undefined) => AsyncIterable<readonly RateSum[]>

/** The sum of lines that differ in nothing that a document without lines tells apart. */
export interface RateSum extends Pick<Rate, 'type' | 'product'> {
  readonly taxes: readonly Pick<Tax, 'taxCategory' | 'taxRate'>[]
  /** The currency, if the lines have an amount. */
  readonly unit: string | undefined
  readonly count: number
  /** Decimals, before tax. */
  readonly exact: string
  readonly displayed: string
}

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
