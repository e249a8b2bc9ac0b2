import { present } from '../src/base/unknown.ts'
import { catalogue } from '../src/billing/catalogue.ts'
import { keepDocuments } from '../src/billing/issuing/keep-letterhead.ts'
import type { Database, Queryable, Transaction } from '../src/db/database.ts'
import { LOCKS } from '../src/db/locks.ts'
import { scalar, text } from '../src/db/row.ts'
import { identifier, join, sql } from '../src/db/sql.ts'
import { postForeignBills } from '../src/ledger/foreign-bills.ts'
import { appliedCustomerBillingRate } from '../src/resources/applied-customer-billing-rate.ts'
import { billCycle } from '../src/resources/bill-cycle.ts'
import { billCycleSpecification } from '../src/resources/bill-cycle-specification.ts'
import { customerBill } from '../src/resources/customer-bill.ts'
import { customerBillOnDemand } from '../src/resources/customer-bill-on-demand.ts'
import type { Resource } from '../src/tmf/declaration/resource.ts'
import type { ColumnValue } from '../src/tmf/row-values.ts'
import { type Account, accountsOf } from './accounts.ts'
import { fillAccounts } from './billing-accounts.ts'
import { billsOf } from './bills.ts'
import { instant, midnight } from './calendar.ts'
import { TENANTS, type TenantData } from './customers.ts'
import { type Cycles, cyclesOf } from './cycles.ts'
import { type Draft, rowOf } from './draft.ts'
import { planBills } from './plans.ts'
import { idSequence } from './random.ts'
import { ratesOf } from './rates.ts'
import { requestsOf } from './requests.ts'

/** Rows of one INSERT: its values stay below the 65,535 that Postgres takes. */
const ROWS_PER_INSERT = 250
const FOUNDED = instant(midnight(2025, 9))
/** The bills were issued on their dates; their payments date from the last change. */
const POSTED_AS_OF = { chargedAt: sql`b."bill_date"`, paidAt: sql`b."last_update"` }

/**
 * Fills the database with the demo data, all or nothing. Returns false if the demo tenants have bills already.
 * Concurrent processes fill once. The data is history: it raises no events, and its bills come from a former billing
 * system.
 */
export async function fillWithDemoData(database: Database): Promise<boolean> {
  if (await isFilled(database)) return false
  // Made in advance: Postgres ends a transaction that waits long for its client.
  const tenants = TENANTS.map(demoOf)
  return database.transaction(async (tx) => {
    await tx.takeTime()
    await tx.run(sql`SELECT pg_advisory_xact_lock(${LOCKS.demoData})`)
    if (await isFilled(tx)) return false
    for (const tenant of tenants) await fillTenant(tx, tenant)
    return true
  })
}

interface Demo {
  readonly tenant: TenantData
  readonly accounts: readonly Account[]
  readonly cycles: Cycles
  readonly drafts: ReturnType<typeof draftsOf>
}

function demoOf(tenant: TenantData): Demo {
  const accounts = accountsOf(tenant)
  const cycles = cyclesOf(tenant.id)
  return { tenant, accounts, cycles, drafts: draftsOf(tenant, accounts, cycles) }
}

async function isFilled(queryable: Queryable): Promise<boolean> {
  const ids = join(
    TENANTS.map(({ id }) => sql`${id}`),
    sql`, `
  )
  const { rowCount } = await queryable.run(sql`SELECT FROM "customer_bill" WHERE "tenant_id" IN (${ids}) LIMIT 1`)
  return rowCount > 0
}

async function fillTenant(tx: Transaction, { tenant, accounts, cycles, drafts: all }: Demo): Promise<void> {
  // The server makes its own tenant at the start, named by its id; a name given later stays.
  await tx.run(sql`INSERT INTO "tenant" ("id", "name", "created_at", "bill_number_pattern")
    VALUES (${tenant.id}, ${tenant.name}, ${FOUNDED}, ${tenant.billNumberPattern})
    ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name", "created_at" = EXCLUDED."created_at",
      "bill_number_pattern" = EXCLUDED."bill_number_pattern"
    WHERE "tenant"."name" = "tenant"."id"`)
  const documentId = idSequence(`${tenant.id} document`)
  const owners = await fillPartners(tx, tenant, accounts)
  for (const [{ path }, drafts] of all) {
    const resource = present(catalogue.get(path), path)
    for (let at = 0; at < drafts.length; at += ROWS_PER_INSERT) {
      const rows = drafts
        .slice(at, at + ROWS_PER_INSERT)
        .map((draft) => [
          ...rowOf(tenant.id, resource, draft, documentId),
          ['partner_id', ownerOf(owners, draft)] as const
        ])
      await insert(tx, resource, rows)
    }
  }
  await fillAccounts(tx, tenant.id, accounts, owners, cycles.specificationOf)
  await postForeignBills(tx, tenant.id, { bills: sql`TRUE`, ...POSTED_AS_OF })
  await keepDocuments(tx, tenant.id, sql`TRUE`, FOUNDED)
}

/** Adds the partners of a tenant. Returns the partner of each account and customer, by id. */
async function fillPartners(
  tx: Transaction,
  { id: tenantId, partners }: TenantData,
  accounts: readonly Account[]
): Promise<ReadonlyMap<string, string>> {
  const newId = idSequence(`${tenantId} partner`)
  const owners = new Map<string, string>()
  for (const { accountNumber, name, customers } of partners) {
    const id = newId(midnight(2025, 9))
    await tx.run(sql`INSERT INTO "partner" ("tenant_id", "id", "created_at", "last_update", "account_number", "name")
      VALUES (${tenantId}, ${id}, ${FOUNDED}, ${FOUNDED}, ${accountNumber}, ${name}) ON CONFLICT DO NOTHING`)
    const found = await tx.run(sql`SELECT "id" FROM "partner"
      WHERE "tenant_id" = ${tenantId} AND "account_number" = ${accountNumber}`)
    const own = accounts.filter(({ reference }) => customers.includes(reference.name))
    for (const { reference, parties } of own) {
      for (const owned of [reference.id, parties[0].id]) owners.set(owned, scalar(found, text))
    }
  }
  return owners
}

/** Returns the owner of a draft, by its account or its party; null for the provider. */
function ownerOf(owners: ReadonlyMap<string, string>, { document }: Draft): string | null {
  const { billingAccount, relatedParty } = document as Record<string, { readonly id?: string } | undefined>
  return owners.get(billingAccount?.id ?? relatedParty?.id ?? '') ?? null
}

/** Orders resources after those they refer to. */
function draftsOf(
  tenant: TenantData,
  accounts: readonly Account[],
  { specifications, drafts, cycles }: Cycles
): readonly (readonly [Resource, readonly Draft[]])[] {
  const bills = billsOf(tenant.id, planBills(tenant, accounts, cycles))
  return [
    [billCycleSpecification, specifications],
    [billCycle, drafts],
    [customerBill, bills.map(({ draft }) => draft)],
    [appliedCustomerBillingRate, ratesOf(tenant.id, accounts, bills, tenant.rates)],
    [customerBillOnDemand, requestsOf(tenant, accounts, bills)]
  ]
}

/** Keeps existing rows: a part of the demo data may have been removed. */
async function insert(tx: Transaction, resource: Resource, rows: readonly (readonly ColumnValue[])[]): Promise<void> {
  const columns = (rows[0] ?? []).map(([column]) => identifier(column))
  const comma = sql`, `
  const tuples = rows.map((row) => {
    const values = row.map(([, value]) => sql`${value}`)
    return sql`(${join(values, comma)})`
  })
  await tx.run(sql`INSERT INTO ${identifier(resource.table)} (${join(columns, comma)}) VALUES ${join(tuples, comma)}
    ON CONFLICT ("tenant_id", "id") DO NOTHING`)
}
