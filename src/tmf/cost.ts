import { z } from 'zod'
import type { Queryable } from '../db/database.ts'
import { json, scalar } from '../db/row.ts'
import { type Sql, sql } from '../db/sql.ts'
import type { RequestSlot } from '../fairness/request-slot.ts'
import { estimate, type Page, pageStatement } from './page.ts'

/** In the planner's units, in which a sequentially read page is 1. Some 50 ms on today's machines. */
const CHEAP_COST_MAX = 20_000
/** As the planner estimates it; the JSON has about the same size. */
const CHEAP_ANSWER_BYTES = 262_144
/** To read this much twice, for a page and its count, and to sort it is cheap. */
const SMALL_COST_MAX = CHEAP_COST_MAX / 10
const CHEAP_ROWS = 100
const CHEAP_OFFSET = 1_000
const SKIPPED_MAX = 10_000
/** The planner weighs a pattern like any other comparison. */
const PATTERN_WEIGHT = 10

const PLAN = z.object({ 'Total Cost': z.number(), 'Plan Rows': z.number(), 'Plan Width': z.number() })
type Plan = z.infer<typeof PLAN>

/**
 * Finds whether a page is expensive: asks the planner about the very statement, with its values. A small page served by
 * indexes is cheap without asking; one out of rows that are cheap to read needs no second question. A filter without an
 * index costs what it costs if nothing matches, as an exact count does; a distant page, the rows before it.
 */
export async function isExpensive(queryable: Queryable, page: Page, wantsExactCount: boolean): Promise<boolean> {
  const { isServed, hasPattern, limit, offset } = page
  const readsAll = !isServed || wantsExactCount
  if (!readsAll && limit <= CHEAP_ROWS && offset <= CHEAP_OFFSET) return false
  const all = await planOf(queryable, estimate(page))
  const cost = all['Total Cost'] * (hasPattern ? PATTERN_WEIGHT : 1)
  if ((readsAll && cost > CHEAP_COST_MAX) || Math.min(offset, all['Plan Rows']) > SKIPPED_MAX) return true
  if (limit <= CHEAP_ROWS && cost <= SMALL_COST_MAX) return false
  return isCostly(await planOf(queryable, sql`EXPLAIN (FORMAT JSON) ${pageStatement(page)}`))
}

/**
 * Asks the planner about each statement before it runs; the first expensive one makes the request expensive. For lists
 * without a declared resource.
 */
export function weighed(slot: RequestSlot, queryable: Queryable): Queryable {
  return {
    run: async (statement) => {
      const plan = await planOf(queryable, sql`EXPLAIN (FORMAT JSON) ${statement}`)
      if (isCostly(plan)) await slot.become('expensive')
      return queryable.run(statement)
    }
  }
}

function isCostly(plan: Plan): boolean {
  return plan['Total Cost'] > CHEAP_COST_MAX || plan['Plan Rows'] * plan['Plan Width'] > CHEAP_ANSWER_BYTES
}

export async function planOf(queryable: Queryable, statement: Sql): Promise<Plan> {
  const [{ Plan: plan }] = scalar(await queryable.run(statement), EXPLAINED)
  return plan
}

const EXPLAINED = json(z.tuple([z.object({ Plan: PLAN })]))
