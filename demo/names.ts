import type { Currency } from '../sample-data/currency.ts'

/** The provider of the demo. All names are invented. */
export const OPERATOR = {
  id: 'seewind',
  name: 'Seewind Telekom',
  timeZone: 'Europe/Berlin',
  billNumberPattern: 'SW-{yyyy}-{000001}',
  branding: {
    colour: '#0b6e75',
    address: { line1: 'Am Leuchtturm 4', postalCode: '24103', city: 'Kiel', country: 'DE' },
    contact: ['+49 431 555 0100', 'service@seewind.example'],
    bank: { name: 'Hansebank', iban: 'DE02 1203 0000 0000 2020 51', bic: 'BYLADEM1001' },
    taxNumber: 'DE000000000'
  }
} as const

/** A reseller and its customers. */
export const RESELLER = {
  accountNumber: 'FOERDE',
  name: 'Förde Mobil',
  customers: ['Henrik Thomsen', 'Paula Winter', 'Samir Haddad']
} as const

/** The named postpaid customers. */
export const NAMED = {
  lotte: { name: 'Lotte Brandt', currency: 'EUR' },
  mika: { name: 'Mika Lindholm', currency: 'EUR' },
  carla: { name: 'Carla Moretti', currency: 'EUR' },
  haruka: { name: 'Haruka Mori', currency: 'JPY' },
  noor: { name: 'Noor Al-Mutairi', currency: 'KWD' },
  tom: { name: 'Tom Keller', currency: 'EUR' }
} as const

type Names = readonly [string, ...string[]]

interface Country {
  readonly firstNames: Names
  readonly lastNames: Names
  readonly address: { readonly city: string; readonly country: string }
}

/** Countries of customers by their currency. */
export const COUNTRIES: Readonly<Record<Currency, Country>> = {
  EUR: {
    firstNames: ['Anna', 'Ben', 'Clara', 'David', 'Elif', 'Finn', 'Greta', 'Hannes', 'Ida', 'Jakob', 'Klara', 'Luca'],
    lastNames: ['Albrecht', 'Becker', 'Conrad', 'Dietrich', 'Engel', 'Friedrich', 'Graf', 'Hansen', 'Jansen', 'Kaya'],
    address: { city: 'Kiel', country: 'DE' }
  },
  JPY: {
    firstNames: ['Aoi', 'Daiki', 'Emi', 'Hina', 'Itsuki', 'Kaito', 'Mei', 'Ren', 'Sakura', 'Yui'],
    lastNames: ['Abe', 'Endo', 'Fujita', 'Hayashi', 'Inoue', 'Kimura', 'Matsuda', 'Nakano', 'Ogawa', 'Sato'],
    address: { city: 'Yokohama', country: 'JP' }
  },
  KWD: {
    firstNames: ['Ahmad', 'Dalal', 'Fahad', 'Hessa', 'Khalid', 'Latifa', 'Mariam', 'Nasser', 'Sara', 'Yousef'],
    lastNames: ['Al-Ajmi', 'Al-Enezi', 'Al-Fadhli', 'Al-Hajri', 'Al-Kandari', 'Al-Mansour', 'Al-Otaibi', 'Al-Rashidi'],
    address: { city: 'Kuwait City', country: 'KW' }
  }
}
