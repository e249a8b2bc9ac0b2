import { type Instant, instantFromPostgres } from '../base/instant.ts'
import { memberOf } from '../base/unknown.ts'
import { identifier, type Sql, sql } from '../db/sql.ts'

export interface Tenant {
  readonly id: string
  readonly name: string
  /** Its administrators see and create all tenants. */
  readonly isOperator: boolean
  /** IANA name; days begin at midnight there. */
  readonly timeZone: string
  /** ISO 4217; the default for new accounts. */
  readonly currency: string
  /** The default for new accounts, and for documents without an account. */
  readonly language: string
  /** Such as `INV-{yyyy}-{000001}`. */
  readonly billNumberPattern: string
  /** Types of rates that statements count as calls. */
  readonly callChargeTypes: readonly string[]
  readonly branding?: unknown
  readonly itemisation?: unknown
  readonly createdAt: Instant
}

const PLAIN_COLUMNS = sql`"id", "name", "is_operator", "time_zone", "currency", "language", "bill_number_pattern",
  "call_charge_types", "created_at", "itemisation"`
export const TENANT_COLUMNS = sql`${PLAIN_COLUMNS}, "branding"`
/** Leaves out the logo of the branding, which may be larger than the rest of a list. */
export const LISTED_COLUMNS = sql`${PLAIN_COLUMNS},
  CASE jsonb_typeof("branding") WHEN 'object' THEN "branding" - 'logo' ELSE "branding" END`

const SETTING_COLUMNS = {
  name: 'name',
  timeZone: 'time_zone',
  currency: 'currency',
  language: 'language',
  billNumberPattern: 'bill_number_pattern',
  callChargeTypes: 'call_charge_types',
  branding: 'branding',
  itemisation: 'itemisation'
} as const

export type Values = { readonly [name in keyof typeof SETTING_COLUMNS]?: unknown }

/** Reads a row of TENANT_COLUMNS. */
export function readTenant(row: readonly (string | null)[]): Tenant {
  const [id = '', name = '', isOperator, timeZone = '', currency = '', language = '', ...rest] = row.map(String)
  const [billNumberPattern = '', callChargeTypes = '', createdAt = ''] = rest
  const [itemisation, branding] = row.slice(9)
  return {
    ...{ id, name, isOperator: isOperator === 't', timeZone, currency, language, billNumberPattern },
    callChargeTypes: JSON.parse(callChargeTypes),
    ...(branding && { branding: JSON.parse(branding) }),
    ...(itemisation && { itemisation: JSON.parse(itemisation) }),
    createdAt: instantFromPostgres(createdAt)
  }
}

export function columnValues(values: Values): readonly { readonly column: Sql; readonly value: unknown }[] {
  return Object.entries(SETTING_COLUMNS).flatMap(([name, column]) => {
    const value = memberOf(values, name)
    if (value === undefined) return []
    const isJson = typeof value === 'object' && value !== null
    return [{ column: identifier(column), value: isJson ? JSON.stringify(value) : value }]
  })
}
