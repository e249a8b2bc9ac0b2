import type { DunningPlan, PlannedStep } from '../admin/dunning-plan.ts'
import { recordChanges } from '../audit/record.ts'
import { dayText } from '../base/time-zone.ts'
import { present } from '../base/unknown.ts'
import type { Database, Transaction } from '../db/database.ts'
import { LOCKS } from '../db/locks.ts'
import { boolean, scalar } from '../db/row.ts'
import { prepared, sql } from '../db/sql.ts'
import { lockBalances } from '../ledger/balance.ts'
import type { ChangeContext } from '../tmf/declaration/resource.ts'
import { type DueBill, type DunningMoment, dueAccounts, readDue } from './due.ts'
import { OWN_ROOTS, recordStepEvents } from './events.ts'
import { readSteps } from './list.ts'
import { addRates, type DunnedAccount, feeOf, interestOf, type NewRate, readAccounts } from './rates.ts'

/** Accounts of one transaction: payments of these wait for it. */
const CHUNK = 200

export interface Walk {
  readonly tenantId: string
  readonly timeZone: string
  /** Counted from 1970, in the zone. */
  readonly day: number
  readonly plan: DunningPlan
}

/**
 * Does the steps that are due on a day, in one transaction for some accounts each, and notes the day as done. Returns
 * at once if another process is at it.
 */
export async function dun(database: Database, context: ChangeContext, walk: Walk): Promise<void> {
  const { tenantId, timeZone, day, plan } = walk
  const moment = { tenantId, timeZone, day, levels: plan.steps.map(({ daysAfterDue }) => daysAfterDue) }
  let after: string | undefined = ''
  while (after !== undefined) {
    const from: string = after
    after = await database.transaction(async (tx) => {
      await tx.takeTime()
      const lock = sql`SELECT pg_try_advisory_xact_lock(${LOCKS.dunning}, hashtext(${tenantId}))`
      if (!scalar(await tx.run(lock), boolean)) return undefined
      const accounts = moment.levels.length === 0 ? [] : await dueAccounts(tx, moment, from, CHUNK)
      await dunAccounts(tx, context, moment, plan, accounts)
      if (accounts.length === CHUNK) return accounts.at(-1)
      await noteDay(tx, walk, context.clock())
      return undefined
    })
  }
}

async function noteDay(tx: Transaction, { tenantId, day }: Walk, now: string): Promise<void> {
  await tx.run(sql`INSERT INTO "dunning_day" ("tenant_id", "day", "finished_at")
    VALUES (${tenantId}, ${dayText(day)}::date, ${now})
    ON CONFLICT ("tenant_id") DO UPDATE SET "day" = EXCLUDED."day", "finished_at" = EXCLUDED."finished_at"`)
}

async function dunAccounts(
  tx: Transaction,
  context: ChangeContext,
  moment: DunningMoment,
  { steps }: DunningPlan,
  ids: readonly string[]
): Promise<void> {
  if (ids.length === 0) return
  const { tenantId, day } = moment
  const keys = (await readDue(tx, moment, ids)).map(({ accountId: billingAccountId, currency }) => {
    return { billingAccountId, currency }
  })
  await lockBalances(tx, tenantId, keys)
  // Again: what was paid until the balances were locked is not due any more.
  const due = await readDue(tx, moment, ids)
  const accounts = await readAccounts(tx, tenantId, ids)
  const done = due.flatMap((bill) => {
    const account = present(accounts.get(bill.accountId), 'the account of a bill')
    const own = steps.filter(({ daysAfterDue }) => daysAfterDue === bill.level)
    return own.map((step) => doneStep({ step, bill, account, day }, context.newId))
  })
  const now = context.clock()
  const rates = done.flatMap(({ fee, interest }) => [fee, interest]).filter((rate) => rate !== undefined)
  await addRates(tx, context, rates, now)
  await storeSteps(tx, context, done, day, now)
}

interface DoneStep {
  readonly id: string
  readonly step: PlannedStep
  readonly bill: DueBill
  readonly account: DunnedAccount
  readonly fee: NewRate | undefined
  readonly interest: NewRate | undefined
}

function doneStep(occasion: Parameters<typeof feeOf>[0], newId: () => string): DoneStep {
  return { id: newId(), ...occasion, fee: feeOf(occasion, newId), interest: interestOf(occasion, newId) }
}

/** Stores steps with their audit and events. A step of a bill that is there already fails the transaction. */
async function storeSteps(
  tx: Transaction,
  context: ChangeContext,
  done: readonly DoneStep[],
  day: number,
  now: string
): Promise<void> {
  const { tenantId } = context.author
  if (done.length === 0) return
  const ids = done.map(({ id }) => id)
  await tx.run(prepared`INSERT INTO "dunning_step" ("tenant_id", "id", "partner_id", "created_at", "day",
      "billing_account_id", "bill_id", "days_after_due", "action", "text", "currency", "overdue_amount",
      "days_overdue", "fee_rate_id", "interest_rate_id")
    SELECT ${tenantId}, s."id", s."partner", ${now}, ${dayText(day)}::date, s."account", s."bill", s."level",
      s."action", s."text", s."currency", s."amount", s."days", s."fee", s."interest"
    FROM unnest(${ids}::text[], ${done.map(({ account }) => account.partnerId ?? null)}::text[],
      ${done.map(({ account }) => account.id)}::text[], ${done.map(({ bill }) => bill.billId)}::text[],
      ${done.map(({ bill }) => bill.level)}::int[], ${done.map(({ step }) => step.action)}::text[],
      ${done.map(textOf)}::text[], ${done.map(({ bill }) => bill.currency)}::text[],
      ${done.map(({ bill }) => bill.amount)}::numeric[], ${done.map(({ bill }) => bill.daysOverdue)}::int[],
      ${done.map(({ fee }) => fee?.id ?? null)}::text[],
      ${done.map(({ interest }) => interest?.id ?? null)}::text[])
      s("id", "partner", "account", "bill", "level", "action", "text", "currency", "amount", "days", "fee",
        "interest")`)
  const changes = done.map(({ id: resourceId, step, bill }) => {
    const overdueAmount = { unit: bill.currency, value: bill.amount }
    const after = { bill: { id: bill.billId }, action: step.action, daysAfterDue: step.daysAfterDue, overdueAmount }
    return { action: 'create' as const, resourceType: 'DunningStep', resourceId, after }
  })
  await recordChanges(tx, context, changes, now)
  await recordStepEvents(tx, context, await readSteps(tx, { tenantId }, ids, OWN_ROOTS), now)
}

function textOf({ step: { text }, account: { language, tenantLanguage } }: DoneStep): string | null {
  return text?.[language] ?? text?.[tenantLanguage] ?? null
}
