import { REVIEW_RULES } from '../../admin/review-rules.ts'
import type { Instant } from '../../base/instant.ts'
import type { Transaction } from '../../db/database.ts'
import { boolean, computed, json, oneOf, optional, rowOf, scalars, text } from '../../db/row.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { lockWanted } from '../../ledger/balance.ts'
import type { SKIPS } from '../../messages/reason.ts'
import { RUN_BILL_STATES } from '../../resources/customer-bill.ts'
import { type Drafted, draftBills } from '../drafts/draft.ts'
import { HELD, READY_DRAFTS, READY_KINDS } from '../drafts/tables.ts'
import { authorIn } from '../engine/author.ts'
import type { EngineContext } from '../engine/context.ts'
import { issueBills } from '../issuing/issue.ts'
import { useCredit } from '../payments/credit.ts'
import { holdOdd, keepReviews, NONE_HELD } from '../review/hold.ts'
import { eligible } from './bill-run.ts'
import { RUN_DATES } from './run-dates.ts'

export interface ChunkName {
  readonly tenantId: string
  readonly runId: string
  readonly number: number
}

type Chunk = NonNullable<Awaited<ReturnType<typeof claim>>>

/** Skips a parked account that was archived since, or follows another specification. */
const NO_LONGER_ELIGIBLE = 'noLongerEligible' satisfies keyof typeof SKIPS

/** Bills one chunk in one transaction; leaves a chunk that is done or locked. */
export async function billChunk(context: EngineContext, name: ChunkName): Promise<void> {
  await context.database.transaction(async (tx) => {
    await tx.takeTime()
    const chunk = await claim(tx, name)
    if (!chunk) return
    const { tenantId, dates, accounts } = chunk
    const { chargeDate, creditDate, billingDate: taxDate } = dates
    const drafted = await draftBills(tx, { tenantId, accounts, chargeDate, creditDate, taxDate })
    if (chunk.retried) await unpark(tx, name)
    await park(tx, name, drafted)
    await close(tx, chunk, drafted, context.clock())
    // Last: from here on, other takers of a bill number wait.
    await (chunk.isDry ? keepDry(tx, chunk) : issue(tx, context, chunk, drafted))
  })
}

const CHUNK = rowOf(
  'bill_run',
  {
    firstAccount: computed(text, sql`c."first_account"`),
    lastAccount: computed(text, sql`c."last_account"`),
    /** Of parked accounts, already counted by their first chunks. */
    isRetry: computed(boolean, sql`c."eligible" = 0`),
    billCycleId: text,
    isDry: boolean,
    billState: oneOf(RUN_BILL_STATES),
    dates: json(RUN_DATES),
    reviewRules: optional(json(REVIEW_RULES))
  },
  'r'
)

async function claim(tx: Transaction, name: ChunkName) {
  const { tenantId, runId, number } = name
  const { rows } = await tx.run(sql`SELECT ${CHUNK.columns}
    FROM "bill_run_chunk" c JOIN "bill_run" r ON r."tenant_id" = c."tenant_id" AND r."id" = c."bill_run_id"
    WHERE c."tenant_id" = ${tenantId} AND c."bill_run_id" = ${runId} AND c."number" = ${number}
      AND c."finished_at" IS NULL AND r."state" = 'running'
    FOR UPDATE OF c SKIP LOCKED`)
  const [chunk] = rows.map(CHUNK.read)
  if (!chunk) return undefined
  const { firstAccount: first, lastAccount: last, isRetry, ...run } = chunk
  const follows = eligible(sql`${run.dates.specificationId}::text`)
  const retried = isRetry ? await retriedBy(tx, name, first) : undefined
  const these = retried ? sql`a."id" = ANY(${retried}::text[])` : sql`a."id" BETWEEN ${first} AND ${last}`
  return { ...name, ...run, retried, accounts: sql`${follows} AND ${these}` }
}

function parkedIn({ tenantId, runId, number }: ChunkName): Sql {
  return sql`"bill_run_parked"
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "retry" = ${number}::int`
}

/** Reads the accounts of a retry. One of an earlier release has a single account, which is not parked any more. */
async function retriedBy(tx: Transaction, name: ChunkName, first: string): Promise<readonly string[]> {
  const ids = scalars(await tx.run(sql`SELECT "billing_account_id" FROM ${parkedIn(name)}`), text)
  return ids.length > 0 ? ids : [first]
}

/** Takes the accounts that a chunk retries out of the parked ones: it bills, skips or parks each. */
export async function unpark(tx: Transaction, name: ChunkName): Promise<void> {
  await tx.run(sql`DELETE FROM ${parkedIn(name)}`)
}

async function issue(tx: Transaction, context: EngineContext, chunk: Chunk, { ready }: Drafted): Promise<void> {
  const { tenantId, dates, reviewRules } = chunk
  const reviewed = { tenantId, billCycleId: chunk.billCycleId, billDate: dates.billingDate }
  const held = reviewRules ? await holdOdd(tx, reviewed, reviewRules) : NONE_HELD
  const credited = chunk.billState === 'new' ? [] : await lockCredited(tx, tenantId)
  const author = authorIn(tenantId)
  const bills = await issueBills(
    tx,
    {
      tenantId,
      run: { id: chunk.runId, billCycleId: chunk.billCycleId },
      correlationId: chunk.runId,
      runType: 'onCycle',
      state: chunk.billState,
      now: context.clock(),
      billDate: dates.billingDate,
      paymentDueDate: dates.paymentDueDate,
      nextBillDate: dates.nextBillDate,
      billingPeriod: { startDateTime: dates.start, endDateTime: dates.end },
      ...{ author, newId: context.newId, clock: context.clock }
    },
    ready,
    held.size
  )
  await keepReviews(tx, chunk, held, bills)
  const payable = credited.map((account) => String(bills.get(account)))
  const paying = { ...context, author, correlationId: chunk.runId }
  if (payable.length > 0) await useCredit(tx, paying, payable)
}

/**
 * Returns the accounts of the drafts to issue that have credit. Locks all their balances before any number is taken, in
 * the common order: a concurrent payment is either seen here or sees the bill.
 */
async function lockCredited(tx: Transaction, tenantId: string): Promise<readonly string[]> {
  const billed = sql`SELECT "account", "currency" FROM ${READY_DRAFTS} d WHERE NOT ${HELD}`
  const balances = await lockWanted(tx, tenantId, billed)
  return balances.filter(({ credit }) => Number(credit) > 0).map(({ billingAccountId }) => billingAccountId)
}

async function keepDry(tx: Transaction, { tenantId, runId }: Chunk): Promise<void> {
  await tx.run(sql`INSERT INTO "bill_run_dry_bill" ("tenant_id", "bill_run_id", "billing_account_id", "document",
      "lines")
    SELECT ${tenantId}, ${runId}, d."account", ${DRAFT_DOCUMENT}, k."lines"
    FROM ${READY_DRAFTS} d JOIN ${READY_KINDS} k ON k."account" = d."account"`)
}

/** A draft as the bill it would become, without the attributes of an issued bill. */
const DRAFT_DOCUMENT: Sql = sql`jsonb_build_object(
  'billingAccount', jsonb_build_object('id', d."account"),
  'taxExcludedAmount', jsonb_build_object('unit', d."currency", 'value', d."tax_excluded"),
  'taxIncludedAmount', jsonb_build_object('unit', d."currency", 'value', d."tax_included"),
  'amountDue', jsonb_build_object('unit', d."currency", 'value', d."tax_included"),
  'taxItem', d."taxes")`

export async function park(tx: Transaction, { tenantId, runId }: ChunkName, { parked }: Drafted): Promise<void> {
  if (parked.length === 0) return
  await tx.run(sql`INSERT INTO "bill_run_parked" ("tenant_id", "bill_run_id", "billing_account_id", "reason",
      "reason_code")
    SELECT ${tenantId}, ${runId}, p."billingAccount", p."reason"->>'text', p."reason"->>'code'
    FROM jsonb_to_recordset(${JSON.stringify(parked)}::jsonb) p("billingAccount" text, "reason" jsonb)`)
}

async function close(tx: Transaction, chunk: Chunk, drafted: Drafted, now: Instant): Promise<void> {
  const { tenantId, runId, number, retried } = chunk
  const { ready, parked } = drafted
  const seen = ready + parked.length + Object.values(drafted.skipped).reduce((sum, count) => sum + count, 0)
  const gone = (retried?.length ?? seen) - seen
  const skipped = { ...drafted.skipped, ...(gone > 0 && { [NO_LONGER_ELIGIBLE]: gone }) }
  await tx.run(sql`UPDATE "bill_run_chunk" SET "billed" = ${ready}, "skipped" = ${JSON.stringify(skipped)},
      "eligible" = ${retried ? 0 : seen}::int, "finished_at" = ${now},
      "amounts" = (SELECT jsonb_object_agg("currency", "sum"::text) FROM (
        SELECT "currency", sum("tax_included") AS "sum" FROM ${READY_DRAFTS} d GROUP BY 1) s)
    WHERE "tenant_id" = ${tenantId} AND "bill_run_id" = ${runId} AND "number" = ${number}`)
}
