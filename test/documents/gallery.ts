import Big from 'big.js'
import { minorDigits } from '../../src/base/money.ts'
import type { BillSource, TaxProfile } from '../../src/documents/content/bill-source.ts'
import { readBranding } from '../../src/documents/content/branding.ts'
import { logoUri } from './logo.ts'
import { BRANDING, billOf, type Charge } from './source.ts'

const PERIOD = { startDateTime: '2026-09-01T00:00:00.000Z', endDateTime: '2026-10-01T00:00:00.000Z' }
const VAT = { taxCategory: 'VAT', taxRate: 0.19 }
const REDUCED = { taxCategory: 'VAT reduced', taxRate: 0.07 }

/** A bill of the engine taxed by a profile, except for lines with a tax of their own. */
export function taxedBill(
  unit: string,
  charges: readonly Charge[],
  taxProfile: TaxProfile,
  others: Partial<BillSource> = {}
): BillSource {
  const digits = minorDigits(unit)
  const round = (amount: Big) => amount.round(digits, Big.roundHalfUp)
  const total = (amounts: readonly Big[]) => amounts.reduce((left, amount) => left.plus(amount), new Big(0))
  const own = charges.map((charge) => ({ ...charge, taxes: charge.taxes ?? [] }))
  const groups = Map.groupBy(own, ({ taxes }) => JSON.stringify(taxes))
  const bases = [...groups].map(([key, lines]) => ({
    taxes: key === '[]' ? (taxProfile.rates ?? []) : (lines[0]?.taxes ?? []),
    base: total(lines.map(({ amount }) => new Big(amount)))
  }))
  const net = total(bases.map(({ base }) => round(base)))
  const sums = new Map<string, Big>()
  for (const { taxes, base } of bases) {
    for (const { taxCategory, taxRate = 0 } of taxes) {
      const key = JSON.stringify({ taxCategory, taxRate })
      sums.set(key, (sums.get(key) ?? new Big(0)).plus(base.times(taxRate)))
    }
  }
  const items = [...sums].map(([key, amount]) => ({
    ...JSON.parse(key),
    taxAmount: { unit, value: round(amount).toNumber() }
  }))
  const gross = net.plus(total(items.map(({ taxAmount }) => new Big(taxAmount.value))))
  const displayed = total(own.map(({ amount }) => round(new Big(amount))))
  const money = (value: Big) => ({ unit, value: value.toFixed() })
  return billOf(unit, own, {
    taxExcluded: money(net),
    taxIncluded: money(gross),
    amountDue: money(gross),
    rounding: net.minus(displayed).toFixed(),
    taxes: items,
    taxProfile,
    ...others
  })
}

const line = (name: string, amount: string, type: string, product = name): Charge => ({
  ...{ name, amount, type, period: type === 'recurringCharge' ? PERIOD : {} },
  product: { id: product, name: product }
})

/** Ten lines of a household. */
export const TEN: readonly Charge[] = [
  { ...line('Fibre 500', '39.9', 'recurringCharge'), description: 'Basic charge' },
  line('Mobile M', '19.9', 'recurringCharge'),
  line('Router rental', '3.9', 'recurringCharge', 'Fibre 500'),
  line('Installation', '49', 'oneTimeCharge'),
  line('Call to +44 20 7946 0958', '1.23456', 'usageCharge', 'Calls'),
  line('Call to +49 40 5550 111', '0.12', 'usageCharge', 'Calls'),
  line('Call to +33 1 40 20 50 50', '0.45', 'usageCharge', 'Calls'),
  line('Roaming; SMS', '0.9', 'usageCharge', 'Mobile M'),
  line('Data, 2 GB', '4.999', 'usageCharge', 'Mobile M'),
  line('Goodwill', '-5', 'appliedBillingCredit')
]

const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => line(`Call ${index + 1}`, '0.011', 'usageCharge', 'Calls'))
const LONG = 'Gesellschaft für den vollständigen Ausbau der Glasfasernetze in den Landkreisen des Nordens mbH & Co. KG'

export const LONG_BRANDING = {
  ...BRANDING,
  logo: logoUri(6),
  address: { ...BRANDING.address, line2: 'Haus der Kommunikation, Aufgang B, 4. Obergeschoss', state: 'Hamburg' },
  contact: [
    'Service +49 40 5550 100',
    'www.nordlicht.example',
    ...Array.from({ length: 6 }, (_, at) => `${LONG} ${at}`.slice(0, 100))
  ],
  bank: { name: 'Hamburger Handelsbank von 1856', iban: 'DE02120300000000202051', bic: 'BYLADEM1001' },
  taxNumber: 'DE 123 456 789 / Steuernummer 48 123 45678, Finanzamt Hamburg'
}

/** Bills of all kinds by name. */
export async function gallery(): Promise<Readonly<Record<string, BillSource>>> {
  const profile = { rates: [VAT] }
  const tenant = { name: LONG, branding: await readBranding(LONG_BRANDING), timeZone: 'UTC', itemisation: {} }
  const { tenant: plain } = billOf('EUR', [])
  const customer = {
    name: `${LONG}, Abteilung Einkauf`,
    address: { ...BRANDING.address, line2: LONG, state: 'Holstein' }
  }
  const mixed = TEN.map((charge, at) => (at % 3 === 0 ? { ...charge, taxes: [taxOf(REDUCED)] } : charge))
  const balance = { previous: '118.5', before: '20', after: '157.36', credit: '0' }
  return {
    tenEn: taxedBill('EUR', TEN, profile),
    tenDe: taxedBill('EUR', TEN, profile, { language: 'de' }),
    tenFr: taxedBill('EUR', TEN, profile, { language: 'fr' }),
    twoRates: taxedBill('EUR', mixed, profile, { language: 'de' }),
    profileOfTwo: taxedBill('EUR', TEN, { rates: [VAT, { taxCategory: 'City', taxRate: 0.02 }] }),
    exempt: taxedBill('EUR', TEN, { exempt: true, exemptReason: 'Reverse charge, Article 196, Directive 2006/112/EC' }),
    exemptDe: taxedBill('EUR', TEN, { exempt: true }, { language: 'de' }),
    yen: taxedBill('JPY', TEN, { rates: [{ taxCategory: 'Consumption tax', taxRate: 0.1 }] }),
    dinar: taxedBill('KWD', TEN, {}),
    creditNote: taxedBill('EUR', [line('Returned router', '-49', 'appliedBillingCredit')], profile, {
      ...{ category: 'creditNote', language: 'de' }
    }),
    previous: taxedBill('EUR', TEN, profile, {
      account: { name: 'Zuhause', isPrepaid: false, balance },
      language: 'de'
    }),
    credit: taxedBill('EUR', TEN, profile, {
      account: { name: 'Home', isPrepaid: false, balance: { before: '-20', after: '117.36', credit: '20' } }
    }),
    prepaid: taxedBill('EUR', TEN, profile, {
      account: { name: 'Prepaid', isPrepaid: true, balance: { before: '-200', after: '-62.64', credit: '200' } }
    }),
    cyrillic: taxedBill('EUR', [line('Связь; роуминг', '10', 'usageCharge')], profile, {
      customer: {
        name: 'Сергей Петров',
        address: { line1: 'Невский проспект 1', city: 'Санкт-Петербург', country: 'RU' }
      }
    }),
    longNames: taxedBill('EUR', TEN, profile, { tenant, customer, language: 'de' }),
    many: taxedBill('EUR', [...TEN, ...calls(120)], profile, { language: 'de' }),
    limited: taxedBill('EUR', [...TEN, ...calls(120)], profile, {
      tenant: { ...plain, itemisation: { types: { usageCharge: 5 } } }
    }),
    unlisted: taxedBill('EUR', [...TEN, ...calls(120)], profile, { tenant: { ...plain, itemisation: { lines: 0 } } }),
    draft: taxedBill('EUR', TEN, profile, { isIssued: false, billNo: undefined })
  }
}

const taxOf = (tax: { readonly taxCategory: string; readonly taxRate: number }) => ({
  ...tax,
  taxAmount: { unit: 'EUR', value: 0 }
})
