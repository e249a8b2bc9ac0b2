import type { Currency, TaxClass } from './currency.ts'

export type AccountKind = 'household' | 'business' | 'iot'

/** A charge of every period. */
export interface Subscription {
  readonly name: string
  /** In minor units per month, or per week for IoT. */
  readonly price: Readonly<Record<Currency, number>>
  /** Quantity of an account. */
  readonly quantity: readonly [min: number, max: number]
  readonly taxClass: TaxClass
}

/** A charge by usage. */
export interface Usage {
  readonly name: string
  readonly unit: string
  /** Per unit, with all its decimals. */
  readonly unitPrice: Readonly<Record<Currency, string>>
  /** Units of one event, and of one user in a month. */
  readonly event: readonly [min: number, max: number]
  readonly month: readonly [min: number, max: number]
  readonly taxClass: TaxClass
}

/** A single charge, or a credit, whose price is subtracted. In minor units. */
export interface Single {
  readonly name: string
  readonly description: string
  readonly price: Readonly<Record<Currency, number>>
}

const ONE = [1, 1] as const

const price = (EUR: number, JPY: number, KWD: number) => ({ EUR, JPY, KWD })
const rate = (EUR: string, JPY: string, KWD: string) => ({ EUR, JPY, KWD })

const subscription = (
  name: string,
  prices: Subscription['price'],
  quantity: Subscription['quantity'] = ONE,
  taxClass: TaxClass = 'standard'
): Subscription => ({ name, price: prices, quantity, taxClass })

/** Every account of a kind has the first, which its usage belongs to. */
export const SUBSCRIPTIONS: Readonly<Record<AccountKind, readonly [Subscription, ...Subscription[]]>> = {
  household: [
    subscription('Mobile Unlimited 5G', price(3999, 7238, 15_000), [1, 2]),
    subscription('Fibre 250', price(3499, 4620, 12_000)),
    subscription('Mobile 20 GB', price(1999, 2970, 7500), [1, 3]),
    subscription('Mobile Junior 5 GB', price(999, 1480, 4000)),
    subscription('TV Comfort', price(1299, 1980, 5500)),
    subscription('Landline Flat', price(995, 1100, 3250)),
    subscription('Cloud Storage 500 GB', price(499, 550, 1750)),
    subscription('Daily Newspaper Digital', price(2490, 3980, 6900), ONE, 'reduced'),
    subscription('Handset Insurance', price(899, 1150, 2750), ONE, 'exempt')
  ],
  business: [
    subscription('Mobile Fleet Pro', price(2490, 3200, 8500), [5, 80]),
    subscription('Business Fibre 1G', price(8990, 14_800, 35_000), [1, 3]),
    subscription('SIP Trunk 30 Channels', price(8900, 12_800, 32_000)),
    subscription('SD-WAN Site', price(11_900, 18_500, 46_500), [1, 6]),
    subscription('Managed Firewall', price(5900, 8800, 21_000)),
    subscription('Static IPv4 Block /29', price(1500, 2200, 4750)),
    subscription('Service Level Gold', price(4900, 7700, 18_250))
  ],
  iot: [
    subscription('IoT SIM Europe 10 MB', price(19, 28, 62), [400, 6000]),
    subscription('IoT SIM Global 50 MB', price(57, 85, 195), [100, 2500]),
    subscription('Private APN', price(3900, 5800, 13_500)),
    subscription('eSIM Profile Management', price(4, 6, 13), [500, 5000]),
    subscription('Device Dashboard', price(2475, 3650, 8250))
  ]
}

const CALLS: Usage = {
  name: 'Calls to mobile networks',
  unit: 'second',
  unitPrice: rate('0.00125', '0.19375', '0.000425'),
  event: [7, 2100],
  month: [600, 9000],
  taxClass: 'standard'
}
const INTERNATIONAL: Usage = {
  name: 'International calls',
  unit: 'second',
  unitPrice: rate('0.0048333', '0.7416667', '0.0015833'),
  event: [19, 1800],
  month: [120, 3600],
  taxClass: 'standard'
}
const ROAMING: Usage = {
  name: 'Data roaming, zone 2',
  unit: 'MB',
  unitPrice: rate('0.0145', '2.3275', '0.004865'),
  event: [3, 480],
  month: [90, 1900],
  taxClass: 'exempt'
}
const MESSAGES: Usage = {
  name: 'SMS to other networks',
  unit: 'message',
  unitPrice: rate('0.0745', '3.3', '0.0195'),
  event: [1, 6],
  month: [8, 90],
  taxClass: 'standard'
}
const IOT_DATA: Usage = {
  name: 'IoT data over bundle',
  unit: 'kB',
  unitPrice: rate('0.0000195', '0.0029', '0.0000061'),
  event: [900, 260_000],
  month: [200, 4000],
  taxClass: 'standard'
}
const IOT_MESSAGES: Usage = {
  name: 'IoT device messages',
  unit: 'message',
  unitPrice: rate('0.0009375', '0.14', '0.0002875'),
  event: [40, 9000],
  month: [5, 60],
  taxClass: 'standard'
}

export const USAGES: Readonly<Record<AccountKind, readonly [Usage, ...Usage[]]>> = {
  household: [CALLS, INTERNATIONAL, ROAMING, MESSAGES],
  business: [CALLS, INTERNATIONAL, ROAMING],
  iot: [IOT_DATA, IOT_MESSAGES]
}

type Singles = readonly [Single, ...Single[]]

/** A new account is charged the first. */
export const ONE_TIME: Singles = [
  { name: 'Activation', description: 'Set-up of the contract', price: price(3995, 3850, 12_500) },
  { name: 'Router FB-7', description: 'Wi-Fi 7 router, delivered', price: price(18_900, 24_800, 59_750) },
  { name: 'Technician visit', description: 'Installation on site, one hour', price: price(8500, 11_000, 20_000) },
  { name: 'SIM replacement', description: 'New SIM card by post', price: price(1250, 2200, 2500) }
]

export const OUTAGE: Single = {
  name: 'Outage compensation',
  description: 'For the fault of your line',
  price: price(1166, 1540, 3333)
}

export const CREDITS: Singles = [
  { name: 'Loyalty credit', description: 'Thank you for staying with us', price: price(500, 700, 1500) },
  OUTAGE,
  { name: 'Goodwill credit', description: 'As agreed with customer care', price: price(1000, 1500, 3250) }
]

export const PENALTIES: Singles = [
  { name: 'Late payment fee', description: 'Reminder of an overdue bill', price: price(250, 330, 1000) },
  { name: 'Returned direct debit', description: 'Fee of the bank', price: price(395, 550, 1250) }
]
