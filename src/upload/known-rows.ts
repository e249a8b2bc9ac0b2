import type { Queryable, Transaction } from '../db/database.ts'
import { computed, computedRow, count, scalars, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { nameSpace } from '../tmf/declaration/own-names.ts'
import type { Owner } from '../tmf/declaration/resource.ts'
import type { RowKey } from './bill-row.ts'

/** A row that made a bill. */
export interface KnownRow {
  readonly billId: string
  readonly contentHash: string
}

export interface NewRow extends RowKey, KnownRow {}

const KNOWN = computedRow({ place: computed(count, sql`k."place"`), billId: text, contentHash: text })

/** Finds the rows of these keys that made bills of the owner, by the places of the keys, from 0. */
export async function knownRows(
  queryable: Queryable,
  owner: Owner,
  keys: readonly RowKey[]
): Promise<ReadonlyMap<number, KnownRow>> {
  // Looks each key up by itself: no plan reads all rows of the tenant.
  const { rows } = await queryable.run(prepared`SELECT ${KNOWN.columns} FROM unnest(${keyArrays(keys)})
        WITH ORDINALITY k(${KEY}, "place")
      CROSS JOIN LATERAL (SELECT "bill_id", "content_hash" FROM "uploaded_bill" u
        WHERE u."tenant_id" = ${owner.tenantId} AND coalesce(u."partner_id", '') = ${nameSpace(owner)}
          AND u."account_number" = k."account_number" AND u."period" = k."period"
          AND u."reference_kind" = k."reference_kind" AND u."reference" = k."reference" LIMIT 1) u`)
  return new Map(rows.map(KNOWN.read).map(({ place, ...known }) => [place - 1, known]))
}

/**
 * Claims keys for bills that the transaction is to store. Returns the bills that got theirs; the keys of the others are
 * taken, maybe by one of these. Waits for other transactions that claim the same keys. All claim in one order, which
 * rules out deadlocks.
 */
export async function claimKeys(
  tx: Transaction,
  { tenantId, partnerId }: Owner,
  rows: readonly NewRow[]
): Promise<ReadonlySet<string>> {
  const claimed =
    await tx.run(prepared`INSERT INTO "uploaded_bill" ("tenant_id", "partner_id", ${KEY}, "bill_id", "content_hash")
      SELECT ${tenantId}, ${partnerId}, ${KEY}, "bill_id", "content_hash"
      FROM unnest(${keyArrays(rows)}, ${rows.map(({ billId }) => billId)}::text[],
        ${rows.map(({ contentHash }) => contentHash)}::text[]) WITH ORDINALITY
        r(${KEY}, "bill_id", "content_hash", "place")
      ORDER BY "account_number" COLLATE "C", "period" COLLATE "C", "reference_kind" COLLATE "C",
        "reference" COLLATE "C", "place"
      ON CONFLICT ("tenant_id", coalesce("partner_id", ''), ${KEY}) DO NOTHING RETURNING "bill_id"`)
  return new Set(scalars(claimed, text))
}

const KEY = sql`"account_number", "period", "reference_kind", "reference"`

function keyArrays(keys: readonly RowKey[]): Sql {
  return sql`${keys.map(({ accountNumber }) => accountNumber)}::text[], ${keys.map(({ period }) => period)}::text[],
    ${keys.map(({ referenceKind }) => referenceKind)}::text[], ${keys.map(({ reference }) => reference)}::text[]`
}
