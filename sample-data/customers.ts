import type { AccountKind } from './catalogue.ts'
import type { Currency } from './currency.ts'

export type CycleKey = 'first' | 'fifteenth' | 'quarter' | 'week'

/** A customer and the number of its billed cycles: newer customers have fewer. */
type Customer = readonly [name: string, kind: AccountKind, currency: Currency, cycle: CycleKey, billedCycles: number]

/** A channel partner and its customers. */
interface PartnerData {
  readonly accountNumber: string
  readonly name: string
  readonly customers: readonly string[]
}

export interface TenantData {
  readonly id: string
  readonly name: string
  /** For new bills; earlier ones have numbers of a former billing system. */
  readonly billNumberPattern: string
  /** The first account number. */
  readonly firstNumber: number
  readonly customers: readonly Customer[]
  readonly partners: readonly PartnerData[]
  /** Rates, billed and unbilled. */
  readonly rates: number
  /** Bills outside the cycles. */
  readonly interimBills: number
  readonly creditNotes: number
  /** Place of the trial bill among all, from 1. */
  readonly trialBillAt?: number
  /** Requests for a bill that led to none. */
  readonly openRequests: Readonly<Record<'rejected' | 'terminatedWithError', number>>
}

/** The providers of the demo. All names are invented. */
export const TENANTS: readonly TenantData[] = [
  {
    id: 'demo',
    name: 'Nordlicht Telekom',
    billNumberPattern: 'NLT-{yyyy}-{000001}',
    firstNumber: 100_017,
    rates: 1550,
    partners: [
      {
        accountNumber: 'PARTNER-1',
        name: 'Küstenfunk Vertrieb',
        customers: ['Lena Hoffmann', 'Bäckerei Sonnenkorn GmbH', 'Haruto Tanabe', 'Radhaus Falkensee']
      },
      {
        accountNumber: 'PARTNER-2',
        name: 'Binnenland Mobil',
        customers: ['Jonas Petersen', 'Yousef Al-Rashdan', 'Studio Kranich Architekten']
      }
    ],
    interimBills: 6,
    creditNotes: 6,
    // The default page of 100 ends with a new bill, so that a client's first try at PATCH finds one.
    trialBillAt: 100,
    openRequests: { rejected: 6, terminatedWithError: 3 },
    customers: [
      ['Lena Hoffmann', 'household', 'EUR', 'first', 12],
      ['Jonas Petersen', 'household', 'EUR', 'first', 12],
      ['Familie Brinkmann', 'household', 'EUR', 'first', 12],
      ['Bäckerei Sonnenkorn GmbH', 'business', 'EUR', 'first', 12],
      ['Hafenkontor Logistik GmbH & Co. KG', 'business', 'EUR', 'first', 12],
      ['Mareike Lindqvist', 'household', 'EUR', 'first', 11],
      ['Haruto Tanabe', 'household', 'JPY', 'first', 10],
      ['Tannhof Kliniken AG', 'business', 'EUR', 'first', 9],
      ['Emre Aydın', 'household', 'EUR', 'first', 8],
      ['Yousef Al-Rashdan', 'household', 'KWD', 'first', 7],
      ['Clara Winterberg', 'household', 'EUR', 'first', 5],
      ['Mizuki Onodera', 'household', 'JPY', 'first', 3],
      ['Studio Kranich Architekten', 'business', 'EUR', 'first', 2],
      ['Tobias Ehlers', 'household', 'EUR', 'first', 1],
      ['Sophie Marchandeau', 'household', 'EUR', 'fifteenth', 12],
      ['Radhaus Falkensee', 'business', 'EUR', 'fifteenth', 12],
      ['Shirakawa Precision K.K.', 'business', 'JPY', 'fifteenth', 12],
      ['Al Manar Gulf Trading W.L.L.', 'business', 'KWD', 'fifteenth', 12],
      ['Pieter van Loon', 'household', 'EUR', 'fifteenth', 6],
      ['Noura Al-Sabti', 'household', 'KWD', 'fifteenth', 6],
      ['Aoi Kagawa', 'household', 'JPY', 'fifteenth', 4],
      ['Weingut Rebental', 'business', 'EUR', 'fifteenth', 1],
      ['Anna-Lena Düring', 'household', 'EUR', 'fifteenth', 1],
      ['Giulia Ferrante', 'household', 'EUR', 'fifteenth', 1],
      ['Stadtwerke Auenfurt', 'business', 'EUR', 'quarter', 4],
      ['Nordwind Energiepark GmbH', 'business', 'EUR', 'quarter', 4],
      ['Hotelgruppe Seeblick', 'business', 'EUR', 'quarter', 4],
      ['Minato Harbour Services K.K.', 'business', 'JPY', 'quarter', 4],
      ['Dar Al Bahr Shipping K.S.C.', 'business', 'KWD', 'quarter', 4],
      ['Safat Medical Supplies W.L.L.', 'business', 'KWD', 'quarter', 4]
    ]
  },
  {
    id: 'demo2',
    name: 'Turmfalke IoT',
    billNumberPattern: 'TF-{yyyy}-{000001}',
    firstNumber: 700_004,
    rates: 450,
    partners: [],
    interimBills: 2,
    creditNotes: 2,
    openRequests: { rejected: 2, terminatedWithError: 1 },
    customers: [
      ['Kühlkette Express GmbH', 'iot', 'EUR', 'week', 8],
      ['SmartMeter Verbund eG', 'iot', 'EUR', 'week', 8],
      ['Velofleet Sharing GmbH', 'iot', 'EUR', 'week', 8],
      ['Agrarsensor Uckermark', 'iot', 'EUR', 'week', 8],
      ['Hokuriku Vending K.K.', 'iot', 'JPY', 'week', 8],
      ['Tsubame Parking Systems K.K.', 'iot', 'JPY', 'week', 8],
      ['Kaminari Elevator Service K.K.', 'iot', 'JPY', 'week', 4],
      ['Gulf Cold Storage K.S.C.', 'iot', 'KWD', 'week', 8],
      ['Wafra Irrigation W.L.L.', 'iot', 'KWD', 'week', 8],
      ['Burgan Fleet Telematics W.L.L.', 'iot', 'KWD', 'week', 8]
    ]
  }
]
