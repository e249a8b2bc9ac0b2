import Big from 'big.js'
import { minorDigits } from '../../src/base/money.ts'
import type { BillSource, Rate, RateSum, Rates } from '../../src/documents/content/bill-source.ts'
import { readBranding } from '../../src/documents/content/branding.ts'

/** A charge: its amount, and differences from a default one. */
export type Charge = Partial<Omit<Rate, 'taxExcluded'>> & { readonly amount: string }

export const BRANDING = {
  colour: '#0b6b5d',
  address: { line1: 'Speicherstraße 14', postalCode: '20457', city: 'Hamburg', country: 'DE' },
  contact: ['+49 40 5550 100'],
  bank: { name: 'Hansebank', iban: 'DE02 1203 0000 0000 2020 51', bic: 'BYLADEM1001' },
  taxNumber: 'DE 123 456 789'
}

const BRANDED = await readBranding(BRANDING)

/** A bill of the engine from charges with one tax rate. */
export function billOf(unit: string, charges: readonly Charge[], others: Partial<BillSource> = {}): BillSource {
  const digits = minorDigits(unit)
  const round = (amount: Big) => amount.round(digits, Big.roundHalfUp)
  const sum = (amounts: readonly Big[]) => amounts.reduce((total, amount) => total.plus(amount), new Big(0))
  const exact = sum(charges.map(({ amount }) => new Big(amount)))
  const displayed = sum(charges.map(({ amount }) => round(new Big(amount))))
  const [net, tax] = [round(exact), round(exact.times('0.19'))]
  const money = (value: Big) => ({ unit, value: value.toFixed() })
  const rates = inSlices(charges.map((charge, index) => rateOf(unit, charge, index)))
  return {
    id: '01M6ADBH80B4TPYHKCZWMBD85V',
    billNo: 'INV-2026-000180',
    billDate: '2026-10-01T00:00:00.000Z',
    createdAt: '2026-10-01T02:00:00.000Z',
    category: 'normal',
    corrected: undefined,
    replaced: [],
    isIssued: true,
    period: { startDateTime: '2026-09-01T00:00:00.000Z', endDateTime: '2026-10-01T00:00:00.000Z' },
    paymentDueDate: '2026-10-15T00:00:00.000Z',
    accountId: 'BA-100115',
    taxExcluded: money(net),
    taxIncluded: money(net.plus(tax)),
    amountDue: money(net.plus(tax)),
    rounding: net.minus(displayed).toFixed(),
    taxes: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit, value: tax.toNumber() } }],
    lineCount: charges.length,
    rates,
    sums: () => eachAlone(rates, round),
    customer: {
      name: 'Emre Aydın',
      address: { line1: 'Çiğdem-Straße 5', postalCode: '10115', city: 'Berlin', country: 'DE' }
    },
    taxProfile: undefined,
    account: { name: 'Home', isPrepaid: false, balance: undefined },
    tenant: { name: 'Nordlicht Telekom', branding: BRANDED, timeZone: 'UTC', itemisation: {} },
    language: 'en',
    ...others
  }
}

/** Yields lines in slices, from the beginning for each reader. */
export function inSlices(rates: readonly Rate[], size = 500): Rates {
  return {
    [Symbol.asyncIterator]: async function* () {
      for (let at = 0; at < rates.length; at += size) yield rates.slice(at, at + size)
    }
  }
}

async function* eachAlone(rates: Rates, round: (amount: Big) => Big): AsyncGenerator<readonly RateSum[]> {
  for await (const slice of rates) {
    yield slice.map(({ taxExcluded: { value: exact, unit } = { value: '0', unit: undefined }, ...rate }) => ({
      ...rate,
      ...{ unit, count: 1, exact, displayed: round(new Big(exact)).toFixed() }
    }))
  }
}

function rateOf(unit: string, { amount, ...others }: Charge, index: number): Rate {
  return {
    id: `R-${index}`,
    date: '2026-09-15T10:00:00.000Z',
    type: 'appliedBillingCharge',
    name: `Charge ${index}`,
    description: undefined,
    product: { id: 'P-1', name: 'Fibre 500' },
    period: {},
    taxes: [{ taxCategory: 'VAT', taxRate: 0.19, taxAmount: { unit, value: 0 } }],
    taxExcluded: { unit, value: amount },
    taxIncluded: undefined,
    ...others
  }
}
