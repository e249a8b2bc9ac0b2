import { jsonPath } from '../base/json-path.ts'
import { aboutName, Problem } from '../base/problem.ts'
import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { candidateIds, nameSpace, ownName } from '../tmf/declaration/own-names.ts'
import type { Document, Owner, Stored } from '../tmf/declaration/resource.ts'

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
  if (!before) {
    const whole = await completed(tx, owner, document)
    await requireFreeNames(tx, owner, whole)
    return whole
  }
  await requireFreeNames(tx, owner, document, before)
  if (document.invoiceCurrency !== before.document.invoiceCurrency) await requireNoMoney(tx, owner, before.id)
  return document
}

async function completed(tx: Transaction, owner: Owner, document: Document): Promise<Document> {
  const { id, internalId, name, partnerId } = await customerOf(tx, owner, String(document.customerId))
  const partner = await partnerOf(tx, owner, document, partnerId)
  return {
    ...(await defaults(tx, owner)),
    ...document,
    customerId: id,
    customer: { id, internalId, name },
    ...(partner !== undefined && { partner: { id: partner } })
  }
}

async function defaults(tx: Transaction, { tenantId }: Owner): Promise<Document> {
  const tenant = sql`SELECT "currency", "language" FROM "tenant" WHERE "id" = ${tenantId}`
  const [invoiceCurrency, language] = (await tx.run(tenant, { prepared: true })).rows[0] ?? []
  return { invoiceCurrency, language }
}

async function customerOf(tx: Transaction, owner: Owner, name: string): Promise<Customer> {
  const { tenantId, partnerId } = owner
  const found = sql`SELECT "id", "internal_id", "name", "partner_id" FROM "customer"
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${candidateIds(owner, name)}::text[])
      AND (${partnerId}::text IS NULL OR "partner_id" = ${partnerId}) ORDER BY "id" = ${name} LIMIT 1`
  const [id, internalId, customerName, itsPartner] = (await tx.run(found, { prepared: true })).rows[0] ?? []
  if (id && internalId && customerName) {
    return { id, internalId, name: customerName, partnerId: itsPartner ?? undefined }
  }
  throw aboutName(new Problem('invalidField', '$.customerId names no customer of this service'))
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
    throw aboutName(new Problem('invalidField', '$.partner.id names no partner of this service'))
  }
  if (own === undefined) return named
  throw new Problem('invalidField', `$.partner.id must be ${own}, whose ${partnerId ? 'request' : 'customer'} it is`)
}

/** Only names that the requester may see are looked at: those of the account's own name space, and its id. */
async function requireFreeNames(tx: Transaction, owner: Owner, document: Document, before?: Stored): Promise<void> {
  const aliases = ((document.aliases ?? []) as readonly { readonly alias: string }[]).map(({ alias }) => alias)
  const partnerId = (document.partner as { readonly id: string } | undefined)?.id
  const id = String(document.id)
  const name = ownName(id)
  const own = aliases.findIndex((alias) => [id, name].includes(alias))
  if (own >= 0) throw new Problem('conflict', `${jsonPath(['aliases', own])} is the id of the account: ${aliases[own]}`)
  const names = before ? aliases : [name, ...aliases]
  const taken = sql`SELECT "alias" FROM "account_alias" WHERE "tenant_id" = ${owner.tenantId}
    AND ("name_space" = ${nameSpace({ ...owner, partnerId })} AND "alias" = ANY(${names}::text[])
      OR "name_space" = '' AND "alias" = ${id}) AND "account_id" <> ${before?.id ?? ''}`
  const found = (await tx.run(taken, { prepared: true })).rows.map(([one]) => String(one))
  if (found.length === 0) return
  const paths = found.map((one) => {
    const at = aliases.indexOf(one)
    return at < 0 ? `$.id ${name}` : `${jsonPath(['aliases', at])} ${one}`
  })
  const listed = [...new Set(paths)].join(', ')
  throw aboutName(new Problem('conflict', `Another account has this id or alias already: ${listed}`))
}

async function requireNoMoney(tx: Transaction, { tenantId }: Owner, id: string): Promise<void> {
  const own = sql`"tenant_id" = ${tenantId} AND "billing_account_id" = ${id}`
  const { rows } = await tx.run(
    sql`SELECT EXISTS (SELECT FROM "customer_bill" WHERE ${own}) OR EXISTS (SELECT FROM "payment" WHERE ${own})`
  )
  if (rows[0]?.[0] !== 't') return
  throw new Problem('conflict', '$.invoiceCurrency does not change any more: the account has bills or payments')
}
