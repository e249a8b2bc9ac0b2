import { account } from '../../accounts/account.ts'
import type { Account } from '../../accounts/lookup.ts'
import { recordChange } from '../../audit/record.ts'
import type { Transaction } from '../../db/database.ts'
import { decimal, rowOf } from '../../db/row.ts'
import { prepared, sql } from '../../db/sql.ts'
import type { ChangeContext } from '../../tmf/declaration/resource.ts'
import { pay } from './payment.ts'
import { TRANSFER } from './receipt.ts'

/** Money that goes from one account to another, in the currency of both. */
export interface Order {
  readonly giver: Account
  readonly receiver: Account
  readonly amount: string
  readonly description: string
  /** Like that of a payment; without one, every order is another. */
  readonly reference: string | undefined
  readonly nameSpace: string
}

export interface Kept {
  readonly customerBalance: string
  /** How far below zero the balance may go, as a negative number. */
  readonly customerCreditLimit: string
}

const KEPT = rowOf('transfer', { customerBalance: decimal, customerCreditLimit: decimal })

/**
 * Moves money from an account to another, where it is a payment and pays bills as such; of a partner and the provider,
 * the partner sees it either way. Both balances are locked, and whether the giver has so much is for the caller to see.
 * Returns what `balance` reads then; for the same reference with the same content what it did the first time. Throws
 * `conflict` like `pay`.
 */
export async function transfer(
  tx: Transaction,
  context: ChangeContext,
  { giver, receiver, amount, description, reference, nameSpace }: Order,
  balance: () => Promise<Kept>
): Promise<Kept> {
  const { tenantId } = context.author
  const receipt = {
    amount: { unit: receiver.invoiceCurrency, value: Number(amount) },
    method: TRANSFER,
    reference: reference ?? context.newId(),
    nameSpace,
    billIds: undefined,
    from: { giverId: giver.id, description }
  } as const
  const seen = { ...receiver, partnerId: receiver.partnerId ?? giver.partnerId }
  const { id, isNew } = await pay(tx, context, seen, receipt)
  if (!isNew) {
    return KEPT.one(
      await tx.run(prepared`SELECT ${KEPT.columns} FROM "transfer" WHERE "tenant_id" = ${tenantId} AND "id" = ${id}`)
    )
  }
  const kept = await balance()
  await tx.run(sql`INSERT INTO "transfer" ("tenant_id", "id", "giver_id", "description", "customer_balance",
      "customer_credit_limit")
    VALUES (${tenantId}, ${id}, ${giver.id}, ${description}, ${kept.customerBalance}, ${kept.customerCreditLimit})`)
  const given = { payment: { id }, receiver: { id: receiver.id }, amount: receipt.amount, description }
  const change = { action: 'pay' as const, resourceType: account.type, resourceId: giver.id, after: given }
  await recordChange(tx, context, change, context.clock())
  return kept
}
