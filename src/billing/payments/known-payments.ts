import type { Queryable } from '../../db/database.ts'
import { computed, computedRow, count, rowOf, text } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'

export interface KnownPayment {
  readonly id: string
  readonly contentHash: string
}

const KNOWN = rowOf('payment', { place: computed(count, sql`r."place"`), id: text, contentHash: text }, 'p')

/**
 * Returns earlier payments with these references, by the places of the references, from 0. Provider and partner share
 * payments taken before references had owners. Among several that look the same, prefers the identical one.
 */
export async function knownPayments(
  queryable: Queryable,
  tenantId: string,
  nameSpace: string,
  references: readonly string[]
): Promise<ReadonlyMap<number, KnownPayment>> {
  const { rows } = await queryable.run(prepared`SELECT ${KNOWN.columns} FROM unnest(${references}::text[])
      WITH ORDINALITY r("reference", "place")
      CROSS JOIN LATERAL (SELECT * FROM "payment" WHERE "tenant_id" = ${tenantId}
        AND "reference_key" = plain_text(r."reference")
        AND ("name_space" = ${nameSpace}
          OR "name_space" IS NULL AND (${nameSpace} = '' OR "partner_id" = ${nameSpace}))
        ORDER BY "name_space", "reference" = r."reference" DESC, "reference_twin" LIMIT 1) p`)
  return new Map(rows.map(KNOWN.read).map(({ place, ...known }) => [place - 1, known]))
}

const HELD = computedRow({ place: computed(count, sql`r."place"`), id: text, contentHash: text, state: text })

/**
 * Returns the unmatched payments of a name space with these references, by the places of the references, from 0. An
 * open one keeps its reference from other payments.
 */
export async function unmatchedPayments(
  queryable: Queryable,
  tenantId: string,
  nameSpace: string,
  references: readonly string[]
): Promise<ReadonlyMap<number, KnownPayment & { readonly state: string }>> {
  const { rows } = await queryable.run(
    prepared`SELECT ${HELD.columns} FROM unnest(${references}::text[]) WITH ORDINALITY r("reference", "place")
      CROSS JOIN LATERAL (SELECT "id", "content_hash", "state" FROM "unmatched_payment" u
        WHERE u."tenant_id" = ${tenantId} AND coalesce(u."partner_id", '') = ${nameSpace}
          AND u."reference_key" = plain_text(r."reference") LIMIT 1) u`
  )
  return new Map(rows.map(HELD.read).map(({ place, ...known }) => [place - 1, known]))
}
