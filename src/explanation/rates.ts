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
  /** The sender's; of a rate that is billed anew, that of the line where it was first. */
  readonly externalId: string | undefined
  /** The line of a cancelled bill that it bills anew. */
  readonly correctsRate: string | undefined
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

/** A line may have been billed anew more than once. */
const SENDERS_ID = sql`CASE WHEN r."corrects_rate_id" IS NULL THEN r."external_id" ELSE (
  WITH RECURSIVE "origin" AS (
    SELECT o."external_id", o."corrects_rate_id" FROM "applied_customer_billing_rate" o
    WHERE o."tenant_id" = r."tenant_id" AND o."id" = r."corrects_rate_id"
    UNION ALL
    SELECT o."external_id", o."corrects_rate_id" FROM "origin" p JOIN "applied_customer_billing_rate" o
      ON o."tenant_id" = r."tenant_id" AND o."id" = p."corrects_rate_id")
  SELECT "external_id" FROM "origin" WHERE "corrects_rate_id" IS NULL) END`

const columns = (rateId: Sql, unit: string) => {
  const amount = amountsOf(unit)
  return rowOf(
    'applied_customer_billing_rate',
    {
      id: computed(optional(text), rateId),
      externalId: computed(optional(text), SENDERS_ID),
      correctsRate: computed(optional(text), sql`r."corrects_rate_id"`),
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
