import { identifier, sql } from '../../src/db/sql.ts'
import { SAMPLES } from '../support/samples.ts'
import { BASE } from '../support/server.ts'
import type { Owner, Viewer, World } from './world.ts'

/** A row of any table, by the id that clients see. */
export interface StoredRow extends Owner {
  readonly id: string
}

/** Posts a sample as somebody, and answers its id. */
export async function posted(world: World, viewer: Viewer, path: string): Promise<string> {
  const answer = await world.ask(viewer, 'POST', `${BASE}/${path}`, SAMPLES[path]?.body)
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json().id
}

/** The rows of all tables that have ids. */
export async function storedRows(world: World): Promise<readonly StoredRow[]> {
  const { rows: tables } = await world.database.run(sql`SELECT "table_name" FROM "information_schema"."columns"
    JOIN "information_schema"."tables" USING ("table_schema", "table_name")
    WHERE "table_schema" = 'public' AND "table_type" = 'BASE TABLE' AND "column_name" = 'id' ORDER BY 1`)
  return (await Promise.all(tables.map(([name]) => idsIn(world, String(name))))).flat()
}

/** The rows of one table, with whose they are; of a tenant itself it is its own. */
export async function idsIn(world: World, table: string): Promise<readonly StoredRow[]> {
  const { rows: found } = await world.database.run(
    sql`SELECT "id", coalesce(to_jsonb(t) ->> 'tenant_id', "id"), to_jsonb(t) ->> 'partner_id'
      FROM ${identifier(table)} AS t ORDER BY "id"`
  )
  return found.map(([id, tenantId, partnerId]) => ({
    id: String(id),
    tenantId: String(tenantId),
    partnerId: partnerId ?? null
  }))
}
