import { Problem } from '../base/problem.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { Document, Owner, Stored } from '../tmf/resource.ts'
import { jsonPath } from '../tmf/schema.ts'

interface Customer {
  readonly id: string
  readonly internalId: string
  readonly name: string
  readonly partnerId: string | undefined
}

/**
 * Completes a new account by what its tenant and its customer say, and keeps a changed one to what happened before:
 * no name finds two accounts, and the currency stays once there is money in it.
 */
export async function consult(tx: Transaction, owner: Owner, document: Document, before?: Stored): Promise<Document> {
  await requireFreeNames(tx, owner, document, before)
  if (!before) return completed(tx, owner, document)
  if (document.invoiceCurrency !== before.document.invoiceCurrency) await requireNoMoney(tx, owner, before.id)
  return document
}

async function completed(tx: Transaction, owner: Owner, document: Document): Promise<Document> {
  const { id, internalId, name, partnerId } = await customerOf(tx, owner, String(document.customerId))
  const partner = await partnerOf(tx, owner, document, partnerId)
  return {
    ...(await defaults(tx, owner)),
    ...document,
    customer: { id, internalId, name },
    ...(partner !== undefined && { partner: { id: partner } })
  }
}

async function defaults(tx: Transaction, { tenantId }: Owner): Promise<Document> {
  const tenant = sql`SELECT "currency", "language" FROM "tenant" WHERE "id" = ${tenantId}`
  const [invoiceCurrency, language] = (await tx.run(tenant, { prepared: true })).rows[0] ?? []
  return { invoiceCurrency, language }
}

async function customerOf(tx: Transaction, { tenantId, partnerId }: Owner, id: string): Promise<Customer> {
  const found = sql`SELECT "internal_id", "name", "partner_id" FROM "customer"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`
  const [internalId, name, owner] = (await tx.run(found, { prepared: true })).rows[0] ?? []
  if (internalId && name && (partnerId === undefined || owner === partnerId)) {
    return { id, internalId, name, partnerId: owner ?? undefined }
  }
  throw new Problem('invalidField', '$.customerId names no customer of this service')
}

/** A partner's account is that partner's; a provider may give one to a partner, unless its customer is another's. */
async function partnerOf(
  tx: Transaction,
  { tenantId, partnerId }: Owner,
  { partner }: Document,
  customersPartnerId: string | undefined
): Promise<string | undefined> {
  const own = partnerId ?? customersPartnerId
  const named = (partner as { readonly id: string } | undefined)?.id
  if (named === undefined || named === own) return own
  const known = sql`SELECT FROM "partner" WHERE "tenant_id" = ${tenantId} AND "id" = ${named}`
  if (partnerId === undefined && (await tx.run(known, { prepared: true })).rowCount === 0) {
    throw new Problem('invalidField', '$.partner.id names no partner of this service')
  }
  if (own === undefined) return named
  throw new Problem('invalidField', `$.partner.id must be ${own}, whose ${partnerId ? 'request' : 'customer'} it is`)
}

async function requireFreeNames(
  tx: Transaction,
  { tenantId }: Owner,
  document: Document,
  before: Stored | undefined
): Promise<void> {
  const aliases = ((document.aliases ?? []) as readonly { readonly alias: string }[]).map(({ alias }) => alias)
  const id = String(document.id)
  const own = aliases.indexOf(id)
  if (own >= 0) throw new Problem('conflict', `${jsonPath(['aliases', own])} is the id of the account: ${id}`)
  const names = before ? aliases : [id, ...aliases]
  const taken = sql`SELECT "alias" FROM "account_alias" WHERE "tenant_id" = ${tenantId}
    AND "alias" = ANY(${names}::text[]) AND "account_id" <> ${before?.id ?? ''}`
  const found = names.length > 0 ? (await tx.run(taken, { prepared: true })).rows.map(([name]) => String(name)) : []
  if (found.length === 0) return
  const paths = found.map((name) => `${jsonPath(name === id ? ['id'] : ['aliases', aliases.indexOf(name)])} ${name}`)
  throw new Problem('conflict', `Another account has this id or alias already: ${paths.join(', ')}`)
}

async function requireNoMoney(tx: Transaction, { tenantId }: Owner, id: string): Promise<void> {
  const own = sql`"tenant_id" = ${tenantId} AND "billing_account_id" = ${id}`
  const { rows } = await tx.run(
    sql`SELECT EXISTS (SELECT FROM "customer_bill" WHERE ${own}) OR EXISTS (SELECT FROM "payment" WHERE ${own})`
  )
  if (rows[0]?.[0] !== 't') return
  throw new Problem('conflict', '$.invoiceCurrency does not change any more: the account has bills or payments')
}
