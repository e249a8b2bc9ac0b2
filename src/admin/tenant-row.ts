import { z } from 'zod'
import { memberOf } from '../base/unknown.ts'
import { UNKNOWN_ACCOUNTS } from '../base/unknown-accounts.ts'
import { boolean, computed, instant, json, oneOf, optional, rowOf, snakeCase, text, texts } from '../db/row.ts'
import { identifier, type Sql, sql } from '../db/sql.ts'

const FIELDS = {
  id: text,
  name: text,
  /** Its administrators see and create all tenants. */
  isOperator: boolean,
  /** IANA name; days begin at midnight there. */
  timeZone: text,
  /** ISO 4217; the default for new accounts. */
  currency: text,
  /** The default for new accounts, and for documents without an account. */
  language: text,
  /** Such as `INV-{yyyy}-{000001}`. */
  billNumberPattern: text,
  /** Such as `CRN-{yyyy}-{000001}`. */
  creditNoteNumberPattern: text,
  /** Codes of the reasons for which bills are corrected. */
  correctionReasons: texts,
  /** Codes of the reasons for which customers dispute bills. */
  disputeReasons: texts,
  /** Types of rates that statements count as calls. */
  callChargeTypes: texts,
  /** The fate of uploaded bills to unknown accounts. */
  unknownAccounts: oneOf(UNKNOWN_ACCOUNTS),
  branding: optional(json(z.unknown())),
  itemisation: optional(json(z.unknown())),
  accountCodes: optional(json(z.unknown())),
  /** By currency, the amount above which another user approves a correction. */
  correctionApprovalLimits: optional(json(z.unknown())),
  /** The rules that hold bills of a run. */
  reviewRules: optional(json(z.unknown())),
  /** The steps that follow when a bill is not paid. */
  dunningPlan: optional(json(z.unknown())),
  /** Requirements for the release of a run. */
  releaseRequires: texts,
  createdAt: instant
} as const

export const TENANT = rowOf('tenant', FIELDS)
/** Leaves out the logo of the branding, which may be larger than the rest of a list. */
export const LISTED = rowOf('tenant', {
  ...FIELDS,
  branding: computed(
    FIELDS.branding,
    sql`CASE jsonb_typeof("branding") WHEN 'object' THEN "branding" - 'logo' ELSE "branding" END`
  )
})

export type Tenant = ReturnType<typeof TENANT.read>

const FIXED = ['id', 'isOperator', 'createdAt'] as const
const SETTINGS = Object.keys(FIELDS).filter((name) => !FIXED.some((fixed) => fixed === name))

export type Values = { readonly [Name in Exclude<keyof typeof FIELDS, (typeof FIXED)[number]>]?: unknown }

export function columnValues(values: Values): readonly { readonly column: Sql; readonly value: unknown }[] {
  return SETTINGS.flatMap((name) => {
    const value = memberOf(values, name)
    if (value === undefined) return []
    const isJson = typeof value === 'object' && value !== null
    return [{ column: identifier(snakeCase(name)), value: isJson ? JSON.stringify(value) : value }]
  })
}
