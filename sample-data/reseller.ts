import { account } from '../src/accounts/account.ts'
import { customer } from '../src/accounts/customer.ts'
import { type Account, findAccount, resolveAccounts } from '../src/accounts/lookup.ts'
import { present } from '../src/base/unknown.ts'
import { catalogue } from '../src/billing/catalogue.ts'
import { pay } from '../src/billing/payments/payment.ts'
import { transfer } from '../src/billing/payments/transfer.ts'
import type { Database, Transaction } from '../src/db/database.ts'
import { LOCKS } from '../src/db/locks.ts'
import { optional, scalar, text } from '../src/db/row.ts'
import { sql } from '../src/db/sql.ts'
import { appliedCustomerBillingRate } from '../src/resources/applied-customer-billing-rate.ts'
import { idOf } from '../src/tmf/representation.ts'
import { create, type WriteContext } from '../src/tmf/write.ts'

const TENANT = 'demo'
const CURRENCY = 'EUR'
/** The balance account of the partner, and the payment in advance that it divides. */
const OWN = { partner: 'PARTNER-1', id: 'KF-1', name: 'Küstenfunk Vertrieb', creditLimit: 50, advance: 200 } as const
const TAXES = { rates: [{ taxCategory: 'VAT', taxRate: 0.19 }] }

type Rate = readonly [type: string, name: string, value: number]

/** A prepaid customer of the partner. */
interface Sold {
  readonly id: string
  readonly name: string
  readonly creditLimit: number
  readonly funds: number
  readonly rates: readonly Rate[]
}

const SOLD: readonly Sold[] = [
  {
    id: 'VOIP-1',
    name: 'Strandhotel Möwe',
    creditLimit: 55,
    funds: 57,
    rates: [
      ['usageCharge', 'Calls to mobiles', 40.11875],
      ['usageCharge', 'Calls abroad', 8.00625],
      ['recurringCharge', 'Ten extensions', 7.5],
      ['adjustment', 'Replacement of a handset', 5]
    ]
  },
  {
    id: 'VOIP-2',
    name: 'Segelmacherei Prien',
    creditLimit: 0,
    funds: 30,
    rates: [
      ['usageCharge', 'Calls to mobiles', 4.2071],
      ['recurringCharge', 'Two extensions', 1.5]
    ]
  },
  {
    id: 'VOIP-3',
    name: 'Surfschule Nordstrand',
    creditLimit: 10,
    funds: 20,
    rates: [['usageCharge', 'Calls to mobiles', 0.12345]]
  }
]

/**
 * Gives a partner of the demo tenant a balance account and three prepaid customers with funds and rates, once. Unlike
 * the bills this is of today, as the API for partners would make it, with its events.
 */
export async function fillDemoReseller(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(sql`SELECT pg_advisory_xact_lock(${LOCKS.demoData})`)
    const waiting = await tx.run(sql`SELECT "id" FROM "partner" WHERE "tenant_id" = ${TENANT}
      AND "account_number" = ${OWN.partner} AND "billing_account_id" IS NULL`)
    const partnerId = scalar(waiting, optional(text))
    if (partnerId !== undefined) await fill(tx, database, partnerId)
  })
}

async function fill(tx: Transaction, { clock, newId }: Database, partnerId: string): Promise<void> {
  const author = { tenantId: TENANT, actor: { type: 'system', id: 'demo', name: 'demo' } } as const
  const served = { resources: catalogue, resolvers: new Map([['BillingAccountRef', resolveAccounts]]) }
  const provider: WriteContext = { ...served, clock, newId, author, view: { tenantId: TENANT, partnerId: undefined } }
  const partner: WriteContext = { ...provider, view: { tenantId: TENANT, partnerId } }
  const own = await openAccount(tx, provider, OWN, {})
  await tx.run(sql`UPDATE "partner" SET "billing_account_id" = ${own.id}, "last_update" = ${clock()}
    WHERE "tenant_id" = ${TENANT} AND "id" = ${partnerId}`)
  const paid = { amount: { unit: CURRENCY, value: OWN.advance }, method: 'bankTransfer', billIds: undefined } as const
  await pay(tx, provider, own, { ...paid, reference: 'Advance of the demo', nameSpace: '' })
  for (const sold of SOLD) await sell(tx, partner, own, sold)
}

async function sell(tx: Transaction, context: WriteContext, giver: Account, sold: Sold): Promise<void> {
  const receiver = await openAccount(tx, context, sold, { billingType: 'prepaid' })
  const [amount, limit] = [String(sold.funds), sold.creditLimit]
  const kept = { customerBalance: amount, customerCreditLimit: String(0 - limit) }
  const of = { giver, receiver, amount, description: 'Top-up', nameSpace: String(giver.partnerId ?? '') }
  await transfer(tx, context, { ...of, reference: `Top-up of ${sold.id}` }, async () => kept)
  for (const [type, name, value] of sold.rates) {
    await create(tx, context, present(catalogue.get(appliedCustomerBillingRate.path), 'the resource of rates'), {
      type,
      name,
      billingAccount: { id: receiver.id },
      taxExcludedAmount: { unit: CURRENCY, value }
    })
  }
}

async function openAccount(
  tx: Transaction,
  context: WriteContext,
  { id, name, creditLimit }: Pick<Sold, 'id' | 'name' | 'creditLimit'>,
  more: object
): Promise<Account> {
  const holder = await create(tx, context, customer, { id: `C-${id}`, name })
  await create(tx, context, present(catalogue.get(account.path), 'the resource of accounts'), {
    ...{ id, name, customerId: idOf(holder.row), invoiceCurrency: CURRENCY, taxProfile: TAXES, ...more },
    creditLimit: { unit: CURRENCY, value: creditLimit }
  })
  return present(await findAccount(tx, context.view, id), 'the account')
}
