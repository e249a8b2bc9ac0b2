import { numbersOf, readNumberPattern, withYear } from '../../base/bill-number.ts'
import type { Instant } from '../../base/instant.ts'
import type { Queryable, Transaction } from '../../db/database.ts'
import { computed, rowOf, scalar, scalars, text } from '../../db/row.ts'
import { prepared, type Sql, sql } from '../../db/sql.ts'
import { BILLS } from '../../messages/bill.ts'

/** Consecutive numbers from `first` on, with leading zeros up to `width`. */
export interface Numbers {
  readonly prefix: string
  readonly suffix: string
  readonly width: number
  readonly first: string
}

const PATTERNS = { bill: sql`"bill_number_pattern"`, creditNote: sql`"credit_note_number_pattern"` } as const

/**
 * Takes the next numbers of the tenant's series for bills of a date, or for credit notes. There are no gaps, since a
 * failed transaction returns its numbers; so other takers wait until this one ends.
 */
export async function takeNumbers(
  tx: Transaction,
  tenantId: string,
  billDate: Instant,
  count: number,
  kind: keyof typeof PATTERNS = 'bill'
): Promise<Numbers> {
  const numbering = rowOf('tenant', {
    pattern: computed(text, PATTERNS[kind]),
    year: computed(text, sql`to_char(${billDate}::timestamptz AT TIME ZONE "time_zone", 'YYYY')`)
  })
  const found = await tx.run(sql`SELECT ${numbering.columns} FROM "tenant" WHERE "id" = ${tenantId}`)
  const { pattern, year } = numbering.one(found)
  const parts = readNumberPattern(pattern)
  if (!parts) throw new Error(`the tenant ${tenantId} has no pattern of numbers of a ${kind}`)
  const [prefix, suffix] = [withYear(parts.prefix, year), withYear(parts.suffix, year)]
  const series = `${prefix}{}${suffix}`
  const taken = await tx.run(sql`INSERT INTO "number_series" ("tenant_id", "series", "next")
    VALUES (${tenantId}, ${series}, 1 + ${count}::bigint)
    ON CONFLICT ("tenant_id", "series") DO UPDATE SET "next" = "number_series"."next" + ${count}::bigint
    RETURNING "next" - ${count}::bigint`)
  return { prefix, suffix, width: parts.width, first: scalar(taken, text) }
}

/**
 * Throws `invalidField` for a number of a bill of another system that this service gave, or may give, to a bill of its
 * own, or that shares its creditor reference.
 */
export async function requireForeignNumber(tx: Transaction, tenantId: string, billNo: string): Promise<void> {
  const pattern = (await ownNumbers(tx, tenantId))(billNo)
  if (pattern !== undefined) throw BILLS.ownNumber(pattern)
}

/** Returns a function that finds the pattern by which this service gives a number, or another one of the same
 * creditor reference, to bills of its own, if it does. */
export async function ownNumbers(
  queryable: Queryable,
  tenantId: string
): Promise<(billNo: string) => string | undefined> {
  const found = await queryable.run(prepared`SELECT unnest(ARRAY["bill_number_pattern", "credit_note_number_pattern"])
      FROM "tenant" WHERE "id" = ${tenantId}
      UNION ALL SELECT replace("series", '{}', '{1}') FROM "number_series" WHERE "tenant_id" = ${tenantId}`)
  const series = scalars(found, text).flatMap((pattern) => {
    const place = readNumberPattern(pattern)
    return place ? [{ pattern, has: numbersOf(place) }] : []
  })
  return (billNo) => series.find(({ has }) => has(billNo))?.pattern
}

/** Returns the number at a place, counted from 0, in SQL. */
export function numberAt({ prefix, suffix, width, first }: Numbers, place: Sql): Sql {
  const number = sql`(${first}::bigint + ${place})::text`
  return sql`concat(${prefix}::text, lpad(${number}, greatest(${width}::int, length(${number})), '0'), ${suffix}::text)`
}
