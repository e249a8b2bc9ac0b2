import { z } from 'zod'
import { minorDigits, NO_CURRENCY } from '../../base/money.ts'
import type { Queryable } from '../../db/database.ts'
import { computed, computedRow, count, decimal, json, optional, stated, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { nextTurn } from '../../pace/turns.ts'
import { ITEMISED_MAX, type RateSum } from './bill-source.ts'

/** Some 50 ms of the database. As many lines as are tallied one by one, so that both tallies name the same products. */
const ADDED_ROWS = ITEMISED_MAX
const SLICE_ROWS = 500

/**
 * Adds up the lines of a bill in the database: of very many lines the sums are few. Reads them in slices by an index,
 * holding neither connection nor transaction between them. Lines are rounded to the minor unit of `currency`, by
 * default that of the first line.
 */
export async function* readSums(
  queryable: Queryable,
  of: Sql,
  currency: string | undefined
): AsyncGenerator<readonly RateSum[]> {
  const digits = minorDigits(currency ?? (await firstCurrency(queryable, of)))
  let added = ADDED_ROWS
  for (let last = ''; added === ADDED_ROWS; ) {
    const { rows } = await queryable.run(sumsAfter(of, last, digits))
    added = 0
    for (let at = 0; at < rows.length; at += SLICE_ROWS) {
      await nextTurn()
      const sums = rows.slice(at, at + SLICE_ROWS).map((row) => SUM.read(row))
      for (const sum of sums) added += sum.count
      last = sums.at(-1)?.last ?? last
      yield sums.map(rateSum)
    }
  }
}

const UNIT = computedRow({ unit: computed(stated, sql`"tax_excluded_amount_unit"`) })

async function firstCurrency(queryable: Queryable, of: Sql): Promise<string> {
  const { rows } = await queryable.run(sql`SELECT ${UNIT.columns} FROM ${of}
    AND "tax_excluded_amount_value" IS NOT NULL AND "tax_excluded_amount_unit" IS NOT NULL ORDER BY "id" LIMIT 1`)
  return rows[0] ? UNIT.read(rows[0]).unit : NO_CURRENCY
}

const TAXES = z.array(z.object({ taxCategory: z.string().optional(), taxRate: z.number().optional() }))

const SUM = computedRow({
  type: computed(optional(text), sql`g."type"`),
  productId: computed(optional(text), sql`g."product_id"`),
  productName: computed(optional(text), sql`g."first"[2]`),
  unit: computed(optional(text), sql`g."unit"`),
  taxes: computed(optional(json(TAXES)), sql`g."taxes"`),
  count: computed(count, sql`g."count"`),
  exact: computed(decimal, sql`g."exact"`),
  displayed: computed(decimal, sql`g."displayed"`),
  last: computed(text, sql`max(g."last") OVER ()`)
})

/** Sums come in the order of their first lines, whose products' names they have. */
function sumsAfter(of: Sql, last: string, digits: number): Sql {
  const slice = sql`SELECT * FROM ${of} AND "id" > ${last} ORDER BY "id" LIMIT ${ADDED_ROWS}::bigint`
  const named = sql`SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'taxCategory', t->'taxCategory', 'taxRate', t->'taxRate'))) FROM jsonb_array_elements(s."applied_tax") t`
  const lines = sql`SELECT "id", "rate_type" AS "type", "product_id", "product"->>'name' AS "name",
      (${named}) AS "taxes",
      CASE WHEN "tax_excluded_amount_value" IS NOT NULL THEN "tax_excluded_amount_unit" END AS "unit",
      CASE WHEN "tax_excluded_amount_unit" IS NOT NULL THEN "tax_excluded_amount_value" END AS "value"
    FROM (${slice}) s`
  const sums = sql`SELECT "type", "product_id", "unit", "taxes", count(*) AS "count",
      coalesce(sum("value"), 0) AS "exact", coalesce(sum(round("value", ${digits}::int)), 0) AS "displayed",
      min(ARRAY["id", "name"]) AS "first", max("id") AS "last"
    FROM (${lines}) l GROUP BY 1, 2, 3, 4`
  return prepared`SELECT ${SUM.columns} FROM (${sums}) g ORDER BY g."first"[1]`
}

function rateSum({ productId, productName, taxes = [], last: _, ...sum }: ReturnType<typeof SUM.read>): RateSum {
  return { ...sum, taxes, product: { id: productId, name: productName } }
}
