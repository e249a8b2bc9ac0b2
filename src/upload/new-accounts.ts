import { account } from '../accounts/account.ts'
import { customer } from '../accounts/customer.ts'
import { type NamedAccount, namedAccounts } from '../accounts/lookup.ts'
import { present } from '../base/unknown.ts'
import { catalogue } from '../billing/catalogue.ts'
import { holdOffAccounts, takeOverBills } from '../billing/issuing/issue-foreign.ts'
import type { Queryable, Transaction } from '../db/database.ts'
import { scalars, text } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { findingsOf } from '../http/findings.ts'
import { FIELDS } from '../messages/field.ts'
import { Problem } from '../messages/problem.ts'
import { arrayText, insertRows, type NewRow } from '../tmf/bulk/insert.ts'
import { recordCreation } from '../tmf/bulk/rows.ts'
import { rulesOf, type Served } from '../tmf/declaration/define.ts'
import { ownId } from '../tmf/declaration/own-names.ts'
import { validate } from '../tmf/declaration/schema.ts'
import { stamp, type WriteContext } from '../tmf/write.ts'
import { ACCOUNT_NUMBER, NAME } from './bill-row.ts'
import { type RowFault, rowFault } from './file/row.ts'
import type { FoundRow } from './judge.ts'
import type { Place } from './place.ts'

export interface NewAccounts {
  /** By the numbers in the rows; also those that somebody else created meanwhile. */
  readonly accounts: ReadonlyMap<string, NamedAccount>
  /** Why there is none for a number. */
  readonly faults: ReadonlyMap<string, readonly RowFault[]>
}

/** A customer and its account, which have the same id. */
interface NewAccount {
  readonly number: string
  readonly customer: NewRow
  readonly account: NewRow
}

/**
 * Creates a customer and an account for each unknown number of rows, with the name and the currency of the first row
 * that has them. They belong to the uploader. Accounts take over bills that were issued to them before. With `isDry` it
 * only checks.
 */
export async function createAccounts(
  tx: Transaction,
  context: WriteContext,
  place: Place,
  rows: readonly FoundRow[],
  isDry: boolean
): Promise<NewAccounts> {
  const { view } = context
  const wanted = Map.groupBy(rows, ({ row }) => row.accountNumber)
  if (wanted.size === 0) return { accounts: new Map(), faults: new Map() }
  const numbers = [...wanted.keys()]
  if (!isDry)
    await holdOffAccounts(
      tx,
      view.tenantId,
      numbers.flatMap((number) => idsOf(context, number)),
      'exclusive'
    )
  const known = await namedAccounts(tx, view, numbers)
  const drafts = numbers
    .filter((number) => !known.has(number))
    .map((number) => ({ number, drafted: draftedAccount(context, place, number, wanted.get(number) ?? []) }))
  const faults = new Map(
    drafts.flatMap(({ number, drafted }) => (isFaults(drafted) ? [[number, drafted] as const] : []))
  )
  const sound = drafts.flatMap(({ drafted }) => (isFaults(drafted) ? [] : [drafted]))
  const taken = await takenCustomers(tx, view.tenantId, sound)
  const free = sound.filter(({ customer: { id } }) => !taken.has(id))
  for (const {
    number,
    customer: { id }
  } of sound) {
    if (taken.has(id)) faults.set(number, [rowFault(FIELDS.customerExists(), ACCOUNT_NUMBER.name, number)])
  }
  if (isDry) return { accounts: known, faults }
  await insert(tx, context, free)
  return { accounts: await namedAccounts(tx, view, numbers), faults }
}

function idsOf({ view }: WriteContext, number: string): readonly string[] {
  try {
    return [view.partnerId === undefined ? number : ownId(view, number)]
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

function draftedAccount(
  { view, clock, newId }: WriteContext,
  { currency, language }: Place,
  number: string,
  rows: readonly FoundRow[]
): NewAccount | readonly RowFault[] {
  const name = rows.find(({ row }) => row.name !== undefined)?.row.name
  if (name === undefined) return [rowFault(FIELDS.required(), NAME.name)]
  const invoiceCurrency = rows.find(({ row }) => row.currency !== undefined)?.currency ?? currency
  try {
    const id = ownId(view, number)
    const made = { now: clock(), newId }
    const owner = whole(customer, { id, name }, made)
    const customerRef = { id, internalId: owner.document.internalId, name }
    const partner = view.partnerId === undefined ? {} : { partner: { id: view.partnerId } }
    const own = whole(ACCOUNT, { id, name, customerId: id, invoiceCurrency, language, ...partner }, made)
    return { number, customer: owner, account: { id, document: { ...own.document, customer: customerRef } } }
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return faultsOf(error, number, name)
    throw error
  }
}

const ACCOUNT = present(catalogue.get(account.path), 'the resource of accounts')

interface Made {
  readonly now: string
  readonly newId: () => string
}

function whole(
  resource: Served,
  posted: { readonly id: string; readonly [name: string]: unknown },
  { now, newId }: Made
) {
  const { id, ...others } = posted
  const { completePosted, check } = rulesOf(resource)
  const sent = validate(resource, { id, ...others })
  const document = { ...(completePosted?.(sent, { id, now, newId }) ?? sent), ...stamp(resource, now) }
  check?.(document)
  return { id, document }
}

/** The id of an account is its number in the row. */
function faultsOf(problem: Problem, number: string, name: string): readonly RowFault[] {
  return findingsOf(problem).map(({ path, message, faultCode, messageCode }) => {
    const [column, sent] = path === '$.name' ? [NAME.name, name] : [ACCOUNT_NUMBER.name, number]
    return { column, sent, message, faultCode: faultCode ?? messageCode }
  })
}

function isFaults(drafted: NewAccount | readonly RowFault[]): drafted is readonly RowFault[] {
  return Array.isArray(drafted)
}

async function takenCustomers(
  queryable: Queryable,
  tenantId: string,
  accounts: readonly NewAccount[]
): Promise<ReadonlySet<string>> {
  const ids = arrayText(accounts.map(({ customer: { id } }) => id))
  const found = await queryable.run(
    prepared`SELECT "id" FROM "customer" WHERE "tenant_id" = ${tenantId} AND "id" = ANY(${ids}::text[])`
  )
  return new Set(scalars(found, text))
}

async function insert(tx: Transaction, context: WriteContext, accounts: readonly NewAccount[]): Promise<void> {
  if (accounts.length === 0) return
  const { view } = context
  const ordered = accounts.toSorted((a, b) => (a.account.id < b.account.id ? -1 : 1))
  const ids = ordered.map(({ account: { id } }) => id)
  await insertRows(
    tx,
    view,
    customer,
    ordered.map((one) => one.customer)
  )
  await insertRows(
    tx,
    view,
    account,
    ordered.map((one) => one.account)
  )
  await recordCreation(tx, context, customer, ids)
  await recordCreation(tx, context, account, ids)
  await takeOverBills(tx, context, ids)
}
