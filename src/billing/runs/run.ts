import type { Instant } from '../../base/instant.ts'
import type { RunBillState } from '../../resources/customer-bill.ts'

export const RUN_STATES = ['queued', 'running', 'done', 'cancelled', 'failed'] as const
export type RunState = (typeof RUN_STATES)[number]

export interface BillRun {
  readonly id: string
  readonly state: RunState
  readonly billCycle: { readonly id: string }
  readonly dryRun: boolean
  readonly billState: RunBillState
  /** Accounts of the cycle's specification: the sum of billed, skipped and parkedCount in the end. */
  readonly eligible: number
  readonly billed: number
  readonly skipped: readonly { readonly reason: string; readonly count: number }[]
  readonly parkedCount: number
  readonly parked: readonly { readonly billingAccount: { readonly id: string }; readonly reason: string }[]
  /** Unbilled rates that name an account of another system: no run bills them. Counted at the end. */
  readonly unknownAccountRates?: readonly { readonly billingAccount: { readonly id: string }; readonly count: number }[]
  /** Exact sums as JSON numbers, by currency. */
  readonly amount: readonly { readonly unit: string; readonly value: number }[]
  readonly billsPerSecond?: number
  readonly estimatedEnd?: Instant
  readonly startedAt?: Instant
  readonly finishedAt?: Instant
  readonly failure?: string
}
