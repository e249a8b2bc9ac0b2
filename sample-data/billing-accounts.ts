import type { Transaction } from '../src/db/database.ts'
import { sql } from '../src/db/sql.ts'
import type { Account } from './accounts.ts'
import { instant, midnight } from './calendar.ts'
import { taxOf } from './currency.ts'
import type { CycleKey } from './customers.ts'
import { idSequence } from './random.ts'

const FOUNDED = instant(midnight(2025, 9))
const NET_TERM_DAYS = 14

/** Adds the customers and billing accounts of a tenant's bills and rates. */
export async function fillAccounts(
  tx: Transaction,
  tenantId: string,
  accounts: readonly Account[],
  owners: ReadonlyMap<string, string>,
  specificationOf: (cycle: CycleKey) => string
): Promise<void> {
  const newId = idSequence(`${tenantId} account`)
  const rows = accounts.map((account) => rowOf(account, newId, owners, specificationOf))
  const all = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r("account" text, "customer" text, "partner" text,
    "internal" text, "customer_internal" text, "name" text, "currency" text, "specification" text, "taxes" jsonb)`
  await tx.run(sql`INSERT INTO "customer" ("tenant_id", "partner_id", "id", "internal_id", "created_at",
    "last_update", "name")
    SELECT ${tenantId}, "partner", "customer", "customer_internal", ${FOUNDED}, ${FOUNDED}, "name" FROM ${all}
    ON CONFLICT DO NOTHING`)
  await tx.run(sql`INSERT INTO "billing_account" ("tenant_id", "partner_id", "id", "internal_id", "created_at",
      "last_update", "customer_id", "name", "status", "billing_type", "invoice_currency", "net_term_days",
      "bill_cycle_specification_id", "tax_profile")
    SELECT ${tenantId}, "partner", "account", "internal", ${FOUNDED}, ${FOUNDED}, "customer", "name", 'ACTIVE',
      'postpaid', "currency", ${NET_TERM_DAYS}::int, "specification", "taxes" FROM ${all} ON CONFLICT DO NOTHING`)
}

function rowOf(
  { reference, parties, currency, cycle }: Account,
  newId: (time: number) => string,
  owners: ReadonlyMap<string, string>,
  specificationOf: (cycle: CycleKey) => string
) {
  const { taxCategory, taxRate } = taxOf(currency, 'standard')
  return {
    account: reference.id,
    customer: parties[0].id,
    partner: owners.get(reference.id) ?? null,
    internal: newId(midnight(2025, 9)),
    customer_internal: newId(midnight(2025, 9)),
    name: reference.name,
    currency,
    specification: specificationOf(cycle),
    taxes: { rates: [{ taxCategory, taxRate }] }
  }
}
