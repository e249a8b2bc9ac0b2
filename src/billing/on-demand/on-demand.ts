import { findAccount, onlyAccountOf } from '../../accounts/lookup.ts'
import { recordChange } from '../../audit/record.ts'
import { afterAll } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { isDataException } from '../../db/failure.ts'
import { decimal, optional, rowOf, scalar, text } from '../../db/row.ts'
import { sql } from '../../db/sql.ts'
import { isOutage } from '../../jobs/outage.ts'
import { addJob, addJobs, hasNoJob } from '../../jobs/queue.ts'
import type { Task } from '../../jobs/runner.ts'
import { lockBalances } from '../../ledger/balance.ts'
import type { Reason } from '../../messages/message.ts'
import { REASONS } from '../../messages/reason.ts'
import { customerBillOnDemand } from '../../resources/customer-bill-on-demand.ts'
import { recordEvents } from '../../tmf/event.ts'
import { draftBills } from '../drafts/draft.ts'
import { READY_DRAFTS } from '../drafts/tables.ts'
import { authorIn } from '../engine/author.ts'
import type { EngineContext } from '../engine/context.ts'
import { issueBills } from '../issuing/issue.ts'
import { payAtOnce, unpayable } from '../payments/prepaid.ts'

export const BILL_ON_DEMAND = 'billOnDemand'

export function askForBill(tx: Transaction, tenantId: string, requestId: string): Promise<void> {
  return addJob(tx, { task: BILL_ON_DEMAND, payload: { tenantId, requestId }, key: `on demand ${requestId}` })
}

export async function recoverRequests({ database }: EngineContext): Promise<void> {
  const key = sql`concat('on demand ', d."id")`
  await database.transaction((tx) =>
    addJobs(
      tx,
      BILL_ON_DEMAND,
      sql`SELECT json_build_object('tenantId', d."tenant_id", 'requestId', d."id"), ${key}
        FROM "customer_bill_on_demand" d WHERE d."state" = 'inProgress' AND ${hasNoJob(key)}
        FOR UPDATE OF d SKIP LOCKED`
    )
  )
}

export function onDemandTasks(context: EngineContext): ReadonlyMap<string, Task> {
  const work: Task = async ({ tenantId, requestId }, { isLast }) => {
    const [tenant, id] = [String(tenantId), String(requestId)]
    await context.database
      .transaction((tx) => answerRequest(tx, context, tenant, id))
      .catch(async (error: unknown) => {
        const isRefused = isDataException(error)
        const reason = isRefused ? REASONS.databaseRefused(error.message) : REASONS.failed()
        const failed: Ending = { state: 'terminatedWithError', reason }
        if (isRefused || (isLast && !isOutage(error)))
          await context.database.transaction((tx) => end(tx, context, tenant, id, failed))
        if (!isRefused) throw error
      })
  }
  return new Map([[BILL_ON_DEMAND, work]])
}

interface Ending {
  readonly state: 'done' | 'rejected' | 'terminatedWithError'
  readonly reason?: Reason
  readonly billId?: string
}

const ASKED = rowOf('customer_bill_on_demand', {
  billingAccountId: optional(text),
  relatedPartyId: optional(text),
  partnerId: optional(text)
})

async function answerRequest(tx: Transaction, context: EngineContext, tenantId: string, id: string): Promise<void> {
  await tx.takeTime()
  const { rows } = await tx.run(sql`SELECT ${ASKED.columns}
    FROM "customer_bill_on_demand" WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'inProgress'
    FOR UPDATE`)
  const [asked] = rows.map(ASKED.read)
  if (!asked) return
  const account = await accountOf(tx, tenantId, asked)
  const ending = 'code' in account ? rejected(account) : await bill(tx, context, { tenantId, id }, account)
  await end(tx, context, tenantId, id, ending)
}

const rejected = (reason: Reason): Ending => ({ state: 'rejected', reason })

type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>

async function accountOf(
  tx: Transaction,
  tenantId: string,
  { billingAccountId, relatedPartyId, partnerId }: ReturnType<typeof ASKED.read>
): Promise<Account | Reason> {
  const view = { tenantId, partnerId }
  const id = billingAccountId ?? (await onlyAccountOf(tx, view, String(relatedPartyId)))
  if (id === undefined) return REASONS.partyWithoutOneAccount()
  const account = await findAccount(tx, view, id)
  if (!account) return REASONS.accountUnknown()
  return account.status === 'ACTIVE' ? account : REASONS.accountInactive(account.status)
}

/** Bills the unbilled rates of an account; a prepaid account pays at once, or there is no bill. */
async function bill(
  tx: Transaction,
  context: EngineContext,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  account: Account
): Promise<Ending> {
  const key = { billingAccountId: account.id, currency: account.invoiceCurrency }
  // Other payments and bills of the account wait here, while the clock goes on.
  const [balance] = await lockBalances(tx, tenantId, [key])
  const now = context.clock()
  const drafted = await draftBills(tx, {
    tenantId,
    accounts: sql`a."id" = ${account.id}`,
    chargeDate: afterAll(now),
    taxDate: now
  })
  const [parked] = drafted.parked
  if (parked) return rejected(parked.reason)
  if (drafted.ready === 0) return rejected(REASONS.nothingToBill())
  const total = scalar(await tx.run(sql`SELECT "tax_included" FROM ${READY_DRAFTS} d`), decimal)
  const reason = await unpayable(tx, tenantId, account, balance?.credit ?? '0', total)
  if (reason) return rejected(reason)
  const author = authorIn(tenantId)
  const bills = await issueBills(
    tx,
    {
      tenantId,
      run: undefined,
      correlationId: id,
      runType: 'offCycle',
      state: 'validated',
      now,
      billDate: now,
      paymentDueDate: undefined,
      nextBillDate: undefined,
      billingPeriod: { endDateTime: now },
      ...{ author, newId: context.newId, clock: context.clock }
    },
    drafted.ready
  )
  const billId = String(bills.get(account.id))
  await payAtOnce(tx, { ...context, author, correlationId: id }, account, billId)
  return { state: 'done', billId }
}

async function end(
  tx: Transaction,
  context: EngineContext,
  tenantId: string,
  id: string,
  { state, reason, billId }: Ending
): Promise<void> {
  const now = context.clock()
  const { rowCount } = await tx.run(sql`UPDATE "customer_bill_on_demand" SET "state" = ${state},
      "state_reason" = ${reason?.text}, "state_reason_code" = ${reason?.code}, "customer_bill_id" = ${billId},
      "version" = "version" + 1, "last_update" = ${now}
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "state" = 'inProgress'`)
  if (rowCount === 0) return
  const change = { action: 'bill' as const, resourceType: 'CustomerBillOnDemand', resourceId: id }
  const stated = { stateReason: reason?.text, stateReasonCode: reason?.code }
  const after = { state, ...stated, customerBill: billId && { id: billId } }
  const events = { author: authorIn(tenantId), newId: context.newId, correlationId: id }
  await recordChange(tx, events, { ...change, after }, now)
  await recordEvents(tx, events, customerBillOnDemand, 'stateChanged', [id], now)
}
