import type { Queryable } from '../db/database.ts'
import { computed, computedRow, count, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { arrayText } from '../tmf/bulk/insert.ts'
import { nameSpace } from '../tmf/declaration/own-names.ts'
import type { Owner } from '../tmf/declaration/resource.ts'
import type { RowKey } from './bill-row.ts'

/** A row that made a bill. */
export interface KnownRow {
  readonly billId: string
  readonly contentHash: string
  /** The row of a dry upload that would make the bill, which is not there. */
  readonly dryLine?: number
}

const KNOWN = computedRow({ place: computed(count, sql`k."place"`), billId: text, contentHash: text })

/** Finds the rows of these keys that made bills of the owner, by the places of the keys, from 0. */
export async function knownRows(
  queryable: Queryable,
  owner: Owner,
  keys: readonly RowKey[]
): Promise<ReadonlyMap<number, KnownRow>> {
  if (keys.length === 0) return new Map()
  // Looks each key up by itself: no plan reads all rows of the tenant.
  const { rows } = await queryable.run(prepared`SELECT ${KNOWN.columns}
      FROM unnest(${keyArrays(keys)}) WITH ORDINALITY k(${KEY}, "place")
      CROSS JOIN LATERAL (SELECT "bill_id", "content_hash" FROM "uploaded_bill" u
        WHERE u."tenant_id" = ${owner.tenantId} AND coalesce(u."partner_id", '') = ${nameSpace(owner)}
          AND u."account_number" = k."account_number" AND u."period" = k."period"
          AND u."reference_kind" = k."reference_kind" AND u."reference" = k."reference" LIMIT 1) u`)
  return new Map(rows.map(KNOWN.read).map(({ place, ...known }) => [place - 1, known]))
}

const KEY = sql`"account_number", "period", "reference_kind", "reference"`

function keyArrays(keys: readonly RowKey[]): Sql {
  const each = (name: keyof RowKey) => sql`${arrayText(keys.map((key) => key[name]))}::text[]`
  return sql`${each('accountNumber')}, ${each('period')}, ${each('referenceKind')}, ${each('reference')}`
}
