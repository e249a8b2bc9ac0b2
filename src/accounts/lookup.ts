import type { Queryable } from '../db/database.ts'
import { computed, decimal, oneOf, optional, rowOf, scalars, text } from '../db/row.ts'
import { prepared, type Sql, sql } from '../db/sql.ts'
import { candidateIds, inNameSpaces } from '../tmf/declaration/own-names.ts'
import type { Referent, Resolve } from '../tmf/references.ts'
import { ownedBy, type View } from '../tmf/view.ts'
import { account } from './account.ts'
import { BILLING_TYPES, STATUSES } from './attributes.ts'

const ACCOUNT = rowOf(
  'billing_account',
  {
    id: text,
    name: text,
    partnerId: optional(text),
    status: oneOf(STATUSES),
    billingType: oneOf(BILLING_TYPES),
    invoiceCurrency: text,
    creditLimit: optional(decimal)
  },
  'a'
)

/** The credit limit is in invoiceCurrency. */
export type Account = ReturnType<typeof ACCOUNT.read>

export async function findAccount(queryable: Queryable, view: View, name: string): Promise<Account | undefined> {
  const found = prepared`SELECT ${ACCOUNT.columns}
    FROM "account_alias" n
    JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ${name} AND ${inNameSpaces(view)}
      AND ${ownedBy(view, 'a')}
    ORDER BY n."name_space" DESC LIMIT 1`
  return (await queryable.run(found)).rows.map(ACCOUNT.read)[0]
}

export async function accountsById(
  queryable: Queryable,
  view: View,
  ids: readonly string[]
): Promise<ReadonlyMap<string, Account>> {
  const found = prepared`SELECT ${ACCOUNT.columns} FROM "billing_account" a
    WHERE ${ownedBy(view, 'a')} AND a."id" = ANY(${ids}::text[])`
  const { rows } = await queryable.run(found)
  return new Map(rows.map(ACCOUNT.read).map((account) => [account.id, account]))
}

const CALLED_MAX = 100

/** Returns accounts in a view by what they are called, in lower case; a hundred at most. */
export async function accountsCalled(
  queryable: Queryable,
  view: View,
  names: readonly string[]
): Promise<readonly Account[]> {
  const found = prepared`SELECT ${ACCOUNT.columns} FROM "billing_account" a
    WHERE ${ownedBy(view, 'a')} AND lower(a."name") = ANY(${names}::text[]) ORDER BY a."id" LIMIT ${CALLED_MAX}`
  return (await queryable.run(found)).rows.map(ACCOUNT.read)
}

const WITH_ID_COLUMNS = { id: text, name: text, partnerId: optional(text), invoiceCurrency: text }
const WITH_ID = rowOf('billing_account', WITH_ID_COLUMNS, 'a')
const NAMED = rowOf('billing_account', { alias: computed(text, sql`n."alias"`), ...WITH_ID_COLUMNS }, 'a')

export type NamedAccount = Pick<Account, 'id' | 'name' | 'partnerId' | 'invoiceCurrency'>

/** Returns the accounts that a view knows by these names, ids or aliases. */
export async function namedAccounts(
  queryable: Queryable,
  view: View,
  names: readonly string[]
): Promise<ReadonlyMap<string, NamedAccount>> {
  // An id is a name of the provider's, and of no other account: most are found by it, which takes half the time.
  const byId = view.partnerId === undefined ? await accountsWithIds(queryable, view, names) : new Map()
  const others = names.filter((name) => !byId.has(name))
  if (others.length === 0) return byId
  const found = prepared`SELECT ${NAMED.columns}
    FROM "account_alias" n JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ANY(${others}::text[]) AND ${inNameSpaces(view)}
      AND ${ownedBy(view, 'a')}
    ORDER BY n."name_space"`
  const { rows } = await queryable.run(found)
  // The own name space comes last, so that its names win.
  return new Map([...byId, ...rows.map(NAMED.read).map(({ alias, ...named }) => [alias, named] as const)])
}

async function accountsWithIds(
  queryable: Queryable,
  view: View,
  ids: readonly string[]
): Promise<ReadonlyMap<string, NamedAccount>> {
  const { rows } = await queryable.run(prepared`SELECT ${WITH_ID.columns} FROM "billing_account" a
    WHERE ${ownedBy(view, 'a')} AND a."id" = ANY(${ids}::text[])`)
  return new Map(rows.map(WITH_ID.read).map((account) => [account.id, account]))
}

export const resolveAccounts: Resolve = async (queryable, view, names) =>
  referents(await namedAccounts(queryable, view, names))

export function referents(accounts: ReadonlyMap<string, NamedAccount>): ReadonlyMap<string, Referent> {
  return new Map([...accounts].map(([alias, { id, name }]) => [alias, { path: account.path, id, name }]))
}

export function accountIds(view: View, names: readonly string[]): Sql {
  return sql`SELECT "account_id" FROM (SELECT DISTINCT ON (n."alias") n."account_id"
    FROM "account_alias" n JOIN "billing_account" a ON a."tenant_id" = n."tenant_id" AND a."id" = n."account_id"
    WHERE n."tenant_id" = ${view.tenantId} AND n."alias" = ANY(${names}::text[]) AND ${inNameSpaces(view)}
      AND ${ownedBy(view, 'a')}
    ORDER BY n."alias", n."name_space" DESC) "named"`
}

/** Returns the id of a customer's only account; undefined for none or several. */
export async function onlyAccountOf(queryable: Queryable, view: View, customer: string): Promise<string | undefined> {
  const named = sql`c."tenant_id" = ${view.tenantId} AND c."id" = ANY(${candidateIds(view, customer)}::text[])`
  const found = await queryable.run(prepared`SELECT a."id" FROM "billing_account" a WHERE ${ownedBy(view, 'a')}
      AND a."customer_id" = (SELECT c."id" FROM "customer" c
        WHERE ${named} ORDER BY c."id" = ${customer} LIMIT 1) LIMIT 2`)
  const [id, ...others] = scalars(found, text)
  return others.length === 0 ? id : undefined
}
