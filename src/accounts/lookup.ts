import type { Language } from '../base/language.ts'
import type { Queryable } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import { candidateIds, inNameSpaces } from '../tmf/declaration/own-names.ts'
import type { Referent, Resolve } from '../tmf/references.ts'
import type { View } from '../tmf/view.ts'
import { account, type BILLING_TYPES, type STATUSES } from './account.ts'

/** A billing account, as billing, payments and documents need it. */
export interface Account {
  readonly id: string
  readonly internalId: string
  readonly name: string
  readonly customerId: string
  readonly customerName: string
  readonly partnerId: string | null
  readonly status: (typeof STATUSES)[number]
  readonly billingType: (typeof BILLING_TYPES)[number]
  /** Three letters of ISO 4217. */
  readonly invoiceCurrency: string
  readonly netTermDays: number
  readonly billCycleSpecificationId: string | null
  /** Decimal, in invoiceCurrency. */
  readonly creditLimit: string | null
  readonly taxProfile: TaxProfile | null
  readonly language: Language
  readonly primaryEmail: string | null
  readonly address: Readonly<Record<string, string>> | null
}

export interface TaxProfile {
  readonly exempt?: boolean
  readonly rates?: readonly TaxProfileRate[]
}

export interface TaxProfileRate {
  readonly taxCategory: string
  /** A fraction: 0.19 is 19 percent. */
  readonly taxRate: number
  readonly validFor?: { readonly startDateTime?: string; readonly endDateTime?: string }
}

/** The account that an id or an alias names in a view; undefined when there is none, or it is none of this view. */
export async function findAccount(queryable: Queryable, view: View, name: string): Promise<Account | undefined> {
  const found = sql`SELECT a."id", a."internal_id", a."name", c."id", c."name", a."partner_id", a."status",
      a."billing_type", a."invoice_currency", a."net_term_days", a."bill_cycle_specification_id", a."credit_limit",
      a."tax_profile", coalesce(a."language", t."language"), a."primary_email", a."address"
    FROM "account_alias" n
    JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    JOIN "customer" c ON c."tenant_id" = a."tenant_id" AND c."id" = a."customer_id"
    JOIN "tenant" t ON t."id" = a."tenant_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ${name} AND ${inNameSpaces(view)} AND ${isVisible(view)}
    ORDER BY n."name_space" DESC LIMIT 1`
  const [row] = (await queryable.run(found, { prepared: true })).rows
  return row && readAccount(row)
}

/** Resolves what bills, rates and requests refer to as their billing account, by id or alias. */
export const resolveAccounts: Resolve = async (queryable, view, names) => {
  const found = sql`SELECT n."alias", a."id", a."name"
    FROM "account_alias" n JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ANY(${names}::text[]) AND ${inNameSpaces(view)}
      AND ${isVisible(view)}
    ORDER BY n."name_space"`
  const { rows } = await queryable.run(found, { prepared: true })
  // The own name space comes last, and what it has of a name stays.
  return new Map(rows.map(([alias, id, name]) => [String(alias), referent(String(id), String(name))]))
}

/** The ids of the accounts that any of these names stands for in a view, as a subquery. */
export function accountIds(view: View, names: readonly string[]): Sql {
  return sql`SELECT "account_id" FROM (SELECT DISTINCT ON (n."alias") n."account_id"
    FROM "account_alias" n JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ANY(${names}::text[]) AND ${inNameSpaces(view)}
      AND ${isVisible(view)}
    ORDER BY n."alias", n."name_space" DESC) "named"`
}

/** The only account of a customer that a view names; undefined when there is none, or more than one. */
export async function onlyAccountOf(queryable: Queryable, view: View, customer: string): Promise<string | undefined> {
  const named = sql`c."tenant_id" = ${view.tenantId} AND c."id" = ANY(${candidateIds(view, customer)}::text[])`
  const { rows } = await queryable.run(
    sql`SELECT a."id" FROM "billing_account" a WHERE a."tenant_id" = ${view.tenantId} AND ${isVisible(view)}
      AND a."customer_id" = (SELECT c."id" FROM "customer" c
        WHERE ${named} ORDER BY c."id" = ${customer} LIMIT 1) LIMIT 2`,
    { prepared: true }
  )
  return rows.length === 1 ? String(rows[0]?.[0]) : undefined
}

function referent(id: string, name: string): Referent {
  return { path: account.path, id, name }
}

/** Of the account `a`. */
function isVisible({ partnerId }: View): Sql {
  return partnerId === undefined ? sql`TRUE` : sql`a."partner_id" = ${partnerId}`
}

function readAccount(row: readonly (string | null)[]): Account {
  const [id, internalId, name, customerId, customerName, partnerId = null, status, billingType] = row
  const [invoiceCurrency, netTermDays, specificationId = null, creditLimit = null] = row.slice(8)
  const [taxProfile, language, primaryEmail = null, address] = row.slice(12)
  return {
    id: String(id),
    internalId: String(internalId),
    name: String(name),
    customerId: String(customerId),
    customerName: String(customerName),
    partnerId,
    status: status as Account['status'],
    billingType: billingType as Account['billingType'],
    invoiceCurrency: String(invoiceCurrency),
    netTermDays: Number(netTermDays),
    billCycleSpecificationId: specificationId,
    creditLimit,
    taxProfile: JSON.parse(taxProfile ?? 'null'),
    language: language as Account['language'],
    primaryEmail,
    address: JSON.parse(address ?? 'null')
  }
}
