import { identifier, join, type Sql, sql } from '../db/sql.ts'
import type { Attribute } from './declaration/attribute.ts'
import type { Resource } from './declaration/resource.ts'
import type { Shape } from './declaration/shape.ts'

/**
 * Returns the document of a row as jsonb, from the resource's table under the name `o`. `writeKept` adds the server's
 * own addresses, which depend on the reader.
 */
export function documentSql(resource: Resource): Sql {
  const members = [...resource.attributes].map(
    ([name, attribute]) => sql`(${name}::text, ${name === 'id' ? sql`to_jsonb(o."id")` : valueSql(attribute)})`
  )
  return sql`((SELECT jsonb_object_agg(m."name", m."value") FROM (VALUES ${join(members)}) m("name", "value")
    WHERE m."value" IS NOT NULL) || coalesce(o."extension", '{}'))`
}

function valueSql({ storage, shape }: Attribute): Sql {
  const column = (name: string) => sql`o.${identifier(name)}`
  switch (storage.kind) {
    case 'scalar':
      return scalarSql(shape, column(storage.column))
    case 'json':
      return column(storage.column)
    case 'money': {
      const [unit, value] = [column(storage.unit), column(storage.value)]
      return sql`CASE WHEN ${value} IS NOT NULL
        THEN jsonb_build_object('unit', ${unit}, 'value', trim_scale(${value})) END`
    }
    case 'reference': {
      const id = column(storage.id)
      const rest = storage.rest === undefined ? sql`'{}'::jsonb` : column(storage.rest)
      return sql`CASE WHEN ${id} IS NOT NULL THEN jsonb_build_object('id', ${id}) || coalesce(${rest}, '{}') END`
    }
  }
}

/** Like Postgres' own JSON, except for instants and trailing zeros of decimals. */
function scalarSql({ kind }: Shape, column: Sql): Sql {
  if (kind === 'instant') return sql`to_jsonb(to_char(${column} AT TIME ZONE 'UTC', ${INSTANT_FORMAT}::text))`
  if (kind === 'decimal') return sql`to_jsonb(trim_scale(${column}))`
  return sql`to_jsonb(${column})`
}

const INSTANT_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
