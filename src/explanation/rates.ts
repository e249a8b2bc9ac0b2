import type { Instant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { computed, decimal, instant, jsonText, optional, rowOf, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { amountsOf, type ChargeSum, digitsOf, RATE_TYPE, TAX_KEY } from './charges.ts'
import type { Lines } from './lines.ts'

/** A rate of a bill. `exact` is as it was sent, `shown` as the document shows it. Decimals as text. */
export interface ExplainedRate {
  /** Undefined for a line of a credit note that has none. */
  readonly id: string | undefined
  readonly externalId: string | undefined
  readonly name: string | undefined
  readonly description: string | undefined
  readonly date: Instant | undefined
  /** As JSON. */
  readonly period: string | undefined
  readonly exact: string
  readonly shown: string
}

/** Of a longer bill only the sums are listed. */
export const RATES_MAX = 10_000

const columns = (rateId: Sql, unit: string) => {
  const amount = amountsOf(unit)
  return rowOf(
    'applied_customer_billing_rate',
    {
      id: computed(optional(text), rateId),
      externalId: optional(text),
      name: optional(text),
      description: optional(text),
      date: optional(instant),
      periodCoverage: optional(jsonText),
      productId: optional(text),
      taxKey: computed(text, TAX_KEY),
      type: computed(text, RATE_TYPE),
      unit: computed(text, amount.unit),
      exact: computed(decimal, amount.value),
      shown: computed(decimal, sql`round(${amount.value}, ${digitsOf(amount.unit)})`)
    },
    'r'
  )
}

/** Reads the rates of a bill by the key of their sum, the oldest first. */
export async function readRates(
  queryable: Queryable,
  { of, rateId }: Lines,
  unit: string
): Promise<ReadonlyMap<string, readonly ExplainedRate[]>> {
  const rate = columns(rateId, unit)
  const { rows } = await queryable.run(prepared`SELECT ${rate.columns} FROM ${of}
    ORDER BY r."date", r."id"`)
  const read = rows.map(rate.read)
  return Map.groupBy(
    read.map(({ periodCoverage: period, ...one }) => ({ ...one, period })),
    ({ productId, ...sums }) => keyOf(sums, productId)
  )
}

/** Identifies the sum of rates with the same taxes, type, currency and product. */
export function keyOf({ taxKey, type, unit }: Pick<ChargeSum, 'taxKey' | 'type' | 'unit'>, productId?: string): string {
  return JSON.stringify([taxKey, type, unit, productId])
}
