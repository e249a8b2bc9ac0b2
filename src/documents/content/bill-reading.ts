import type { Queryable, Row } from '../../db/database.ts'
import { computed, count, instant, optional, rowOf, scalar, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { NOTE_LINES } from '../../explanation/lines.ts'
import { nextTurn } from '../../pace/turns.ts'
import { KEPT_PERIOD, readContext, TAXED, TAXES, taxedAmounts } from './bill-context.ts'
import { type BillSource, ITEMISED_MAX, type Rate } from './bill-source.ts'
import { readSums } from './bill-sums.ts'

const SLICE_ROWS = 500

/** Reads everything a document needs. The bill was found in the caller's view. */
export async function readBill(queryable: Queryable, tenantId: string, id: string): Promise<BillSource> {
  const context = await readContext(queryable, tenantId, id)
  const of = context.corrected
    ? sql`${NOTE_LINES} "applied_customer_billing_rate" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id}`
    : sql`"applied_customer_billing_rate" WHERE "tenant_id" = ${tenantId} AND "bill_id" = ${id}`
  const lineCount = await countLines(queryable, of)
  return {
    ...context,
    rates: { [Symbol.asyncIterator]: () => (lineCount <= ITEMISED_MAX ? readItemised : readMany)(queryable, of) },
    sums: (currency) => readSums(queryable, of, currency),
    lineCount
  }
}

async function countLines(queryable: Queryable, of: Sql): Promise<number> {
  const counted = prepared`SELECT count(*) FROM (SELECT FROM ${of} LIMIT ${ITEMISED_MAX + 1}) r`
  return scalar(await queryable.run(counted), count)
}

async function* readItemised(queryable: Queryable, of: Sql): AsyncGenerator<readonly Rate[]> {
  const { rows } = await queryable.run(prepared`SELECT ${RATE.columns} FROM ${of} ORDER BY "date", "id"`)
  for (let at = 0; at < rows.length; at += SLICE_ROWS) {
    await nextTurn()
    yield rows.slice(at, at + SLICE_ROWS).map(readRate)
  }
}

/** Reads in slices by an index, holding neither connection nor transaction between them. */
async function* readMany(queryable: Queryable, of: Sql): AsyncGenerator<readonly Rate[]> {
  for (let last = ''; ; ) {
    const slice = prepared`SELECT ${RATE.columns} FROM ${of} AND "id" > ${last} ORDER BY "id" LIMIT ${SLICE_ROWS}`
    const { rows } = await queryable.run(slice)
    const rates = rows.map(readRate)
    const end = rates.at(-1)
    if (!end) return
    last = end.id
    await nextTurn()
    yield rates
  }
}

const RATE = rowOf('applied_customer_billing_rate', {
  ...TAXED,
  id: text,
  date: optional(instant),
  rateType: optional(text),
  name: optional(text),
  description: optional(text),
  productId: optional(text),
  productName: computed(optional(text), sql`"product"->>'name'`),
  periodCoverage: KEPT_PERIOD,
  appliedTax: TAXES
})

function readRate(row: Row): Rate {
  const rate = RATE.read(row)
  const { id, date, rateType: type, name, description, productId, productName } = rate
  const { periodCoverage: period = {}, appliedTax: taxes = [] } = rate
  const product = { id: productId, name: productName }
  return { id, date, type, name, description, product, period, taxes, ...taxedAmounts(rate) }
}
