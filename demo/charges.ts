import Big from 'big.js'
import type { Money } from './arithmetic.ts'

/** A future rate. */
export interface Charge {
  readonly externalId: string
  readonly type: 'recurringCharge' | 'usageCharge' | 'oneTimeCharge' | 'appliedBillingCredit'
  readonly name: string
  readonly product?: string
  /** Before tax. */
  readonly amount: Big
  /** The share of the month that has passed. */
  readonly share: number
}

/** One charge of Tom's arrives in the wrong currency. */
export const ASTRAY: { readonly sent: Money; readonly charge: Charge } = {
  sent: { unit: 'USD', value: 12.5 },
  charge: charge('usageCharge', 'Data roaming of a partner', '11.48')
}

/** Carla's charges after her month was billed. */
export const AFTERWARDS: readonly Charge[] = [
  charge('oneTimeCharge', 'Router FB-7', '189'),
  charge('oneTimeCharge', 'Technician visit', '42.505')
]

/** Charges of prepaid customers. */
export const PREPAID = {
  bundle: charge('recurringCharge', 'Prepaid 20 GB', '14.99'),
  calls: charge('usageCharge', 'Calls to mobile networks', '0.77125'),
  dayPass: charge('usageCharge', 'Data of a day', '8'),
  tone: charge('oneTimeCharge', 'Ringback tone', '2')
} as const

function charge(type: Charge['type'], name: string, amount: string): Charge {
  const externalId = name.toLowerCase().replaceAll(' ', '-')
  return { externalId, type, name, amount: new Big(amount), share: 0.5 }
}
