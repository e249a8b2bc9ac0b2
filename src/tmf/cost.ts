import type { Queryable } from '../db/database.ts'
import { type Sql, sql } from '../db/sql.ts'
import type { RequestSlot } from '../fairness/request-slot.ts'
import { estimate, type Page, pageStatement } from './page.ts'

/** In the planner's units; a page of a sequential scan is 1. Some 50 ms on a machine of today. */
const CHEAP_COST_MAX = 20_000
/** As the planner expects it; the JSON is about as long. */
const CHEAP_ANSWER_BYTES = 262_144
/** What is not even worth a question to the planner. */
const CHEAP_ROWS = 100
const CHEAP_OFFSET = 1_000
/** Rows that are read for nothing before a page. */
const SKIPPED_MAX = 10_000
/** The planner takes a pattern for a comparison like any other. */
const PATTERN_WEIGHT = 10

/** What a plan of Postgres says of a statement. */
interface Plan {
  readonly 'Total Cost': number
  readonly 'Plan Rows': number
  readonly 'Plan Width': number
}

/**
 * Whether a page is expensive: the planner is asked about the very statement, with its values. A page of few rows that
 * indexes serve is cheap without a question. A filter that no index serves is judged by what it costs when nothing
 * matches, as an exact count is, and a page far away by the rows before it.
 */
export async function isExpensive(queryable: Queryable, page: Page, wantsExactCount: boolean): Promise<boolean> {
  const { isServed, hasPattern, limit, offset } = page
  const readsAll = !isServed || wantsExactCount
  if (!readsAll && limit <= CHEAP_ROWS && offset <= CHEAP_OFFSET) return false
  const all = await planOf(queryable, estimate(page))
  const cost = all['Total Cost'] * (hasPattern ? PATTERN_WEIGHT : 1)
  if ((readsAll && cost > CHEAP_COST_MAX) || Math.min(offset, all['Plan Rows']) > SKIPPED_MAX) return true
  return isCostly(await planOf(queryable, sql`EXPLAIN (FORMAT JSON) ${pageStatement(page)}`))
}

/**
 * The same database for a list that does not go by a declared resource: the planner is asked about each statement
 * before it runs, and the first expensive one makes the request expensive.
 */
export function weighed(slot: RequestSlot, queryable: Queryable): Queryable {
  return {
    run: async (statement, options) => {
      const plan = await planOf(queryable, sql`EXPLAIN (FORMAT JSON) ${statement}`)
      if (isCostly(plan)) await slot.become('expensive')
      return queryable.run(statement, options)
    }
  }
}

function isCostly(plan: Plan): boolean {
  return plan['Total Cost'] > CHEAP_COST_MAX || plan['Plan Rows'] * plan['Plan Width'] > CHEAP_ANSWER_BYTES
}

/** The plan of a statement that begins with EXPLAIN (FORMAT JSON). */
export async function planOf(queryable: Queryable, statement: Sql): Promise<Plan> {
  const { rows } = await queryable.run(statement)
  const [{ Plan: plan }]: [{ readonly Plan: Plan }] = JSON.parse(String(rows[0]?.[0]))
  return plan
}
