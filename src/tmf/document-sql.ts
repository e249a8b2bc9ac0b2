import { identifier, join, type Sql, sql } from '../db/sql.ts'
import type { Attribute } from './declaration/attribute.ts'
import type { Resource } from './declaration/resource.ts'
import type { Shape } from './declaration/shape.ts'

/**
 * Returns the document of a row as jsonb, from the resource's table under the name `o`. `writeKept` adds the server's
 * own addresses, which depend on the reader.
 */
export function documentSql({ attributes }: Resource): Sql {
  const members = [...attributes].map(([name, attribute]) => {
    const value = name === 'id' ? sql`to_json(o."id")` : valueSql(attribute)
    return sql`${`${JSON.stringify(name)}:`}::text || ${value}`
  })
  // Text: to aggregate members as jsonb takes half as long again. NULLs are left out.
  return sql`('{' || concat_ws(',', ${join([...members, membersSql(sql`o."extension"`)])}) || '}')::jsonb`
}

/** Returns the JSON of an attribute as text, or as what `||` makes the same text of; NULL without a value. */
function valueSql({ storage, shape }: Attribute): Sql {
  const column = (name: string) => sql`o.${identifier(name)}`
  switch (storage.kind) {
    case 'scalar':
      return scalarSql(shape, column(storage.column))
    case 'json':
      return column(storage.column)
    case 'money': {
      const [unit, value] = [column(storage.unit), column(storage.value)]
      return sql`'{"unit":' || to_json(${unit}) || ',"value":' || trim_scale(${value}) || '}'`
    }
    case 'reference': {
      const rest = storage.rest === undefined ? sql`''` : sql`coalesce(',' || ${membersSql(column(storage.rest))}, '')`
      return sql`'{"id":' || to_json(${column(storage.id)}) || ${rest} || '}'`
    }
  }
}

/** Returns the members of a jsonb object without its braces; NULL without any. */
function membersSql(object: Sql): Sql {
  return sql`nullif(left(substr(${object}::text, 2), -1), '')`
}

/** Like Postgres' own JSON, except for instants and trailing zeros of decimals. */
function scalarSql({ kind }: Shape, column: Sql): Sql {
  if (kind === 'instant') return sql`'"' || to_char(${column} AT TIME ZONE 'UTC', ${INSTANT_FORMAT}::text) || '"'`
  if (kind === 'decimal') return sql`trim_scale(${column})`
  return sql`to_json(${column})`
}

const INSTANT_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
