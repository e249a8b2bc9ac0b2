import { z } from 'zod'
import type { Queryable } from '../db/database.ts'
import { json, optional, rowOf, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'

/** How a tenant writes its books: the zone of its days, and its codes by book, or by book and detail. */
export interface Bookkeeping {
  readonly timeZone: string
  readonly codes: Readonly<Record<string, string>>
}

const TENANT = rowOf('tenant', {
  timeZone: text,
  accountCodes: optional(json(z.record(z.string(), z.string())))
})

export async function readBookkeeping(queryable: Queryable, tenantId: string): Promise<Bookkeeping> {
  const found = await queryable.run(sql`SELECT ${TENANT.columns} FROM "tenant" WHERE "id" = ${tenantId}`)
  const { timeZone, accountCodes: codes = {} } = TENANT.one(found)
  return { timeZone, codes }
}

/** Returns the code of a book and a detail: that of both together goes before that of the book. */
export function codeOf({ codes }: Bookkeeping, book: string, detail: string | undefined): string | undefined {
  const own = (key: string) => (Object.hasOwn(codes, key) ? codes[key] : undefined)
  return (detail === undefined ? undefined : own(`${book}/${detail}`)) ?? own(book)
}
