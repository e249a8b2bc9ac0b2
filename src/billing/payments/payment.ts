import type { Instant } from '../../base/instant.ts'
import { canonicalDecimal, isInMinorUnits, negated } from '../../base/money.ts'
import { present } from '../../base/unknown.ts'
import type { Transaction } from '../../db/database.ts'
import { scalars, text } from '../../db/row.ts'
import { prepared } from '../../db/sql.ts'
import { addCredits, lockBalances } from '../../ledger/balance.ts'
import { postReceipts, postTransfer } from '../../ledger/post.ts'
import { postAdjustment } from '../../ledger/post-adjustment.ts'
import { PAYMENTS } from '../../messages/payment.ts'
import { aboutName, type Problem } from '../../messages/problem.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { recordPayments } from './events.ts'
import { giveFrom } from './given.ts'
import { knownPayments, unmatchedPayments } from './known-payments.ts'
import { lockBills, withPayable } from './payable.ts'
import { balanceKey, contentHash, type Incoming, type Receipt } from './receipt.ts'
import { spend, type Taken } from './spending.ts'
import { reopenForPayments } from './written-off.ts'

/** The fate of a payment: its id, or that of the earlier one; or why it was not taken. */
export type Outcome =
  | { readonly id: string; readonly isNew: boolean }
  | { readonly problem: Problem; readonly knownId?: string }

/**
 * Takes a payment and pays bills: the named ones and then those the credit limit paid, or without names the latter and
 * then those due. The rest becomes the account's credit. Returns the id, and false as `isNew` for the same reference
 * with the same content. Throws `conflict` for a reference with other content, an archived account, parts of a
 * minor unit or a bill that cannot be paid, `invalidField` for a bill of another account or currency.
 */
export async function pay(
  tx: Transaction,
  context: ChangeContext,
  account: Incoming['account'],
  receipt: Receipt
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const [outcome] = await payAll(tx, context, [{ account, receipt }])
  const done = present(outcome, 'the outcome of the payment')
  if ('problem' in done) throw done.problem
  return done
}

/** Takes payments of one name space together, as `pay` takes one after the other. Returns their outcomes in order. */
export async function payAll(
  tx: Transaction,
  context: ChangeContext,
  payments: readonly Incoming[]
): Promise<readonly Outcome[]> {
  if (payments.length === 0) return []
  const { tenantId } = context.author
  await lockBalances(tx, tenantId, payments.map(balanceKey))
  const outcomes: Outcome[] = []
  const all = payments.map((payment, place): Placed => ({ ...payment, place, hash: contentHash(payment) }))
  const unknown = await withoutKnown(tx, tenantId, all, outcomes)
  const active = unknown.filter(({ account, receipt, place }) => {
    if (account.status === 'ARCHIVED') outcomes[place] = { problem: PAYMENTS.accountArchived() }
    else if (!isWhole(receipt)) outcomes[place] = { problem: tooManyDecimals(receipt) }
    return outcomes[place] === undefined
  })
  await reopenForPayments(tx, context, active.filter(isMoney))
  await lockBills(tx, tenantId, active)
  const payable = (await withPayable(tx, tenantId, active)).flatMap((one) => {
    if (!('problem' in one)) return [one]
    outcomes[one.payment.place] = { problem: one.problem }
    return []
  })
  const now = context.clock()
  const taken = payable.map((payment): Placed & Taken => ({ ...payment, id: context.newId() }))
  const inserted = await insertPayments(tx, tenantId, taken, now)
  const created = taken.filter(({ id }) => inserted.has(id))
  await postTaken(tx, tenantId, created, now)
  await spend(tx, context, created, now)
  await recordPayments(tx, context, 'created', [...inserted], now)
  for (const { place, id } of created) outcomes[place] = { id, isNew: true }
  // Other payments took their references meanwhile, maybe some of these.
  const late = taken.filter(({ id }) => !inserted.has(id))
  if (late.length > 0) await withoutKnown(tx, tenantId, late, outcomes)
  return payments.map((_, place) => present(outcomes[place], 'the outcome of each payment'))
}

/** An adjustment brings no money: what was written off stays so. */
function isMoney({ receipt: { adjusts } }: Incoming): boolean {
  return adjusts === undefined
}

function isWhole({ amount: { unit, value } }: Receipt): boolean {
  return isInMinorUnits(value, unit)
}

function tooManyDecimals({ amount: { unit, value } }: Receipt): Problem {
  return PAYMENTS.tooManyDecimals(canonicalDecimal(String(value)) ?? '', unit)
}

interface Placed extends Incoming {
  readonly place: number
  readonly hash: string
}

/** Returns the payments whose references are new, and notes the outcomes of the others. */
async function withoutKnown<P extends Placed>(
  tx: Transaction,
  tenantId: string,
  payments: readonly P[],
  outcomes: Outcome[]
): Promise<readonly P[]> {
  const references = payments.map(({ receipt }) => receipt.reference)
  const nameSpace = String(payments[0]?.receipt.nameSpace)
  const known = await knownPayments(tx, tenantId, nameSpace, references)
  const unmatched = await unmatchedPayments(tx, tenantId, nameSpace, references)
  return payments.filter(({ place, hash, receipt }, at) => {
    const waiting = unmatched.get(at)
    const isHeld = waiting?.state === 'open' && waiting.id !== receipt.unmatchedId
    const before = known.get(at) ?? (isHeld ? waiting : undefined)
    if (!before) return true
    const isSame = [hash, receipt.rowHash].includes(before.contentHash)
    outcomes[place] = isSame
      ? { id: before.id, isNew: false }
      : { problem: aboutName(known.has(at) ? PAYMENTS.referenceTaken() : PAYMENTS.referenceHeld()), knownId: before.id }
    return false
  })
}

/** Returns the ids of payments whose references were free; waits for concurrent payments with the same ones. */
async function insertPayments(
  tx: Transaction,
  tenantId: string,
  payments: readonly (Placed & Taken)[],
  now: Instant
): Promise<ReadonlySet<string>> {
  const each = <T>(read: (payment: Placed & Taken) => T) => payments.map(read)
  const inserted =
    await tx.run(prepared`INSERT INTO "payment" ("tenant_id", "id", "partner_id", "created_at", "billing_account_id",
        "amount", "currency", "method", "reference", "name_space", "value_date", "content_hash")
      SELECT ${tenantId}, "id", "partner_id", ${now}, "account", "amount", "currency", "method", "reference",
        "name_space", "value_date", "hash"
      FROM unnest(${each(({ id }) => id)}::text[], ${each(({ account }) => account.partnerId)}::text[],
        ${each(({ account }) => account.id)}::text[], ${each(({ receipt }) => receipt.amount.value)}::numeric[],
        ${each(({ receipt }) => receipt.amount.unit)}::text[], ${each(({ receipt }) => receipt.method)}::text[],
        ${each(({ receipt }) => receipt.reference)}::text[], ${each(({ receipt }) => receipt.nameSpace)}::text[],
        ${each(({ receipt }) => receipt.valueDate)}::text[],
        ${each(({ receipt, hash }) => receipt.rowHash ?? hash)}::text[])
        p("id", "partner_id", "account", "amount", "currency", "method", "reference", "name_space", "value_date",
          "hash")
      ORDER BY plain_text("reference") COLLATE "C", "id"
      ON CONFLICT ("tenant_id", "name_space", "reference_key", "reference_twin") DO NOTHING RETURNING "id"`)
  return new Set(scalars(inserted, text))
}

async function postTaken(
  tx: Transaction,
  tenantId: string,
  payments: readonly (Incoming & Taken)[],
  now: Instant
): Promise<void> {
  const all = payments.map((payment) => {
    const { id, receipt } = payment
    const amount = canonicalDecimal(String(receipt.amount.value)) ?? '0'
    const { method, from, adjusts } = receipt
    const { partnerId } = payment.account
    return { ...balanceKey(payment), id, partnerId, method, amount, giverId: from?.giverId, adjusts }
  })
  const receipts = all.filter(({ giverId, adjusts }) => giverId === undefined && !adjusts)
  if (receipts.length > 0) await postReceipts(tx, { tenantId, postedAt: now }, receipts)
  for (const { adjusts, id: journalId, ...credit } of all) {
    if (!adjusts) continue
    const given = { ...credit, ...adjusts, amount: negated(credit.amount) }
    await postAdjustment(tx, { tenantId, journalId, postedAt: now }, given)
  }
  for (const { giverId, ...transfer } of all) {
    if (giverId === undefined) continue
    const giver = { billingAccountId: giverId, currency: transfer.currency }
    await postTransfer(tx, { tenantId, postedAt: now }, { ...transfer, giverId })
    await giveFrom(tx, tenantId, giver, transfer)
    await addCredits(tx, tenantId, [{ ...giver, credit: `-${transfer.amount}` }])
  }
  await addCredits(
    tx,
    tenantId,
    all.map(({ amount: credit, ...key }) => ({ ...key, credit }))
  )
}
