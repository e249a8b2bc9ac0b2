import Big from 'big.js'

export type Currency = 'EUR' | 'JPY' | 'KWD'

/** A product's tax class; its rate depends on the country. */
export type TaxClass = 'standard' | 'reduced' | 'exempt'

export interface Tax {
  readonly taxCategory: string
  /** As a fraction, e.g. 0.19. */
  readonly taxRate: number
}

export interface Money {
  readonly unit: Currency
  readonly value: number
}

interface Rules {
  /** Digits of the minor unit (ISO 4217). */
  readonly digits: number
  readonly taxes: Readonly<Record<TaxClass, Tax>>
}

const EXEMPT: Tax = { taxCategory: 'exempt', taxRate: 0 }

const RULES: Readonly<Record<Currency, Rules>> = {
  EUR: {
    digits: 2,
    taxes: {
      standard: { taxCategory: 'VAT', taxRate: 0.19 },
      reduced: { taxCategory: 'VAT reduced', taxRate: 0.07 },
      exempt: EXEMPT
    }
  },
  JPY: {
    digits: 0,
    taxes: {
      standard: { taxCategory: 'consumption tax', taxRate: 0.1 },
      reduced: { taxCategory: 'consumption tax reduced', taxRate: 0.08 },
      exempt: EXEMPT
    }
  },
  KWD: {
    digits: 3,
    taxes: {
      standard: { taxCategory: 'VAT', taxRate: 0.05 },
      reduced: { taxCategory: 'VAT', taxRate: 0.05 },
      exempt: EXEMPT
    }
  }
}

export function taxOf(currency: Currency, taxClass: TaxClass): Tax {
  return RULES[currency].taxes[taxClass]
}

/** Takes minor units: cents, yen, fils. */
export function fromMinor(currency: Currency, units: number): Big {
  return new Big(`${units}e-${RULES[currency].digits}`)
}

/** To the minor unit, halves away from zero. */
export function rounded(currency: Currency, amount: Big): Big {
  return amount.round(RULES[currency].digits, Big.roundHalfUp)
}

/** To the minor unit, towards zero. */
export function truncated(currency: Currency, amount: Big): Big {
  return amount.round(RULES[currency].digits, Big.roundDown)
}

export function sum(amounts: readonly Big[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0))
}

/** As in a document; a JavaScript number keeps the few digits of the demo's amounts. */
export function money(unit: Currency, amount: Big): Money {
  return { unit, value: amount.toNumber() }
}
