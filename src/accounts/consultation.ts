import { jsonPath } from '../base/json-path.ts'
import { LANGUAGES } from '../base/language.ts'
import type { Transaction } from '../db/database.ts'
import { boolean, oneOf, optional, rowOf, scalar, scalars, text } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { ACCOUNTS } from '../messages/account.ts'
import { BODIES } from '../messages/body.ts'
import { aboutName } from '../messages/problem.ts'
import { candidateIds, nameSpace, ownName } from '../tmf/declaration/own-names.ts'
import type { Owner, Stored } from '../tmf/declaration/resource.ts'
import type { AccountDocument } from './attributes.ts'

const DEFAULTS = rowOf('tenant', { currency: text, language: oneOf(LANGUAGES) })
const CUSTOMER = rowOf('customer', { id: text, internalId: text, name: text, partnerId: optional(text) })

/**
 * Completes a new account from its tenant and its customer. Throws a Problem for a name in use, and for another
 * currency once the account has bills or payments.
 */
export async function completeAccount(
  tx: Transaction,
  owner: Owner,
  document: AccountDocument,
  before?: Stored<AccountDocument>
): Promise<AccountDocument> {
  if (!before) {
    const whole = await completed(tx, owner, document)
    await requireFreeNames(tx, owner, whole)
    return whole
  }
  await requireFreeNames(tx, owner, document, before)
  if (document.invoiceCurrency !== before.document.invoiceCurrency) await requireNoMoney(tx, owner, before.id)
  return document
}

async function completed(tx: Transaction, owner: Owner, document: AccountDocument): Promise<AccountDocument> {
  const { id, internalId, name, partnerId } = await customerOf(tx, owner, document.customerId)
  const partner = await partnerOf(tx, owner, document, partnerId)
  return {
    ...(await defaults(tx, owner)),
    ...document,
    customerId: id,
    customer: { id, internalId, name },
    ...(partner !== undefined && { partner: { id: partner } })
  }
}

async function defaults(
  tx: Transaction,
  { tenantId }: Owner
): Promise<Pick<AccountDocument, 'invoiceCurrency' | 'language'>> {
  const tenant = prepared`SELECT ${DEFAULTS.columns} FROM "tenant" WHERE "id" = ${tenantId}`
  const [found] = (await tx.run(tenant)).rows.map(DEFAULTS.read)
  return found ? { invoiceCurrency: found.currency, language: found.language } : {}
}

async function customerOf(tx: Transaction, owner: Owner, name: string): Promise<ReturnType<typeof CUSTOMER.read>> {
  const { tenantId, partnerId } = owner
  const named = prepared`SELECT ${CUSTOMER.columns} FROM "customer"
    WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${candidateIds(owner, name)}::text[])
      AND (${partnerId}::text IS NULL OR "partner_id" = ${partnerId}) ORDER BY "id" = ${name} LIMIT 1`
  const [found] = (await tx.run(named)).rows.map(CUSTOMER.read)
  if (found) return found
  throw aboutName(BODIES.unknownReference('$.customerId', 'customer'))
}

/** Returns the partner of the requester or the customer, else the one that the provider names. */
async function partnerOf(
  tx: Transaction,
  { tenantId, partnerId }: Owner,
  { partner }: AccountDocument,
  customersPartnerId: string | undefined
): Promise<string | undefined> {
  const own = partnerId ?? customersPartnerId
  const named = partner?.id
  if (named === undefined || named === own) return own
  const known = prepared`SELECT FROM "partner" WHERE "tenant_id" = ${tenantId} AND "id" = ${named}`
  if (partnerId === undefined && (await tx.run(known)).rowCount === 0) {
    throw aboutName(BODIES.unknownReference('$.partner.id', 'partner'))
  }
  if (own === undefined) return named
  throw ACCOUNTS.otherPartner(own, partnerId ? 'request' : 'customer')
}

/** Compares only names that the requester may see: those in the account's own name space, and its id. */
async function requireFreeNames(
  tx: Transaction,
  owner: Owner,
  document: AccountDocument,
  before?: Stored<AccountDocument>
): Promise<void> {
  const aliases = (document.aliases ?? []).map(({ alias }) => alias)
  const partnerId = document.partner?.id
  const id = String(document.id)
  const name = ownName(id)
  const own = aliases.findIndex((alias) => [id, name].includes(alias))
  if (own >= 0) throw ACCOUNTS.aliasIsId(jsonPath(['aliases', own]), String(aliases[own]))
  const names = before ? aliases : [name, ...aliases]
  const taken = prepared`SELECT "alias" FROM "account_alias" WHERE "tenant_id" = ${owner.tenantId}
    AND ("name_space" = ${nameSpace({ ...owner, partnerId })} AND "alias" = ANY(${names}::text[])
      OR "name_space" = '' AND "alias" = ${id}) AND "account_id" <> ${before?.id ?? ''}`
  const found = scalars(await tx.run(taken), text)
  if (found.length === 0) return
  const paths = found.map((one) => {
    const at = aliases.indexOf(one)
    return at < 0 ? `$.id ${name}` : `${jsonPath(['aliases', at])} ${one}`
  })
  const listed = [...new Set(paths)].join(', ')
  throw aboutName(ACCOUNTS.nameTaken(listed))
}

async function requireNoMoney(tx: Transaction, { tenantId }: Owner, id: string): Promise<void> {
  const own = sql`"tenant_id" = ${tenantId} AND "billing_account_id" = ${id}`
  const found = await tx.run(
    sql`SELECT EXISTS (SELECT FROM "customer_bill" WHERE ${own}) OR EXISTS (SELECT FROM "payment" WHERE ${own})`
  )
  if (!scalar(found, boolean)) return
  throw ACCOUNTS.currencyInUse()
}
