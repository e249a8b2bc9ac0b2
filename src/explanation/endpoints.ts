import { z } from 'zod'
import { parseDay } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { takeMemory } from '../db/memory.ts'
import { count, scalar } from '../db/row.ts'
import { prepared } from '../db/sql.ts'
import { slotOf } from '../fairness/request-slot.ts'
import { FIELDS } from '../messages/field.ts'
import { inTurns } from '../pace/turns.ts'
import { customerBill } from '../resources/customer-bill.ts'
import { find } from '../tmf/read.ts'
import { idOf } from '../tmf/representation.ts'
import { type Endpoint, endpoint, noBody, queryOf } from '../tmf/serving/endpoint.ts'
import { compareWithPrevious } from './comparison.ts'
import { explain } from './explanation.ts'
import { piecesOf } from './json.ts'
import { type Lines, linesOf } from './lines.ts'
import { RATES_MAX, readRates } from './rates.ts'
import { EXPLANATION_SCHEMA, SUMMARY_SCHEMA } from './schema.ts'
import { readSettlements } from './settlements.ts'
import { KEYS, type Key, readSummary, summaryPieces } from './summary.ts'

/** A bill with more rates takes a slot for expensive work. */
const READ_RATES_MAX = 1_000

const COMMON = {
  method: 'GET',
  tag: customerBill.path,
  access: { scopes: customerBill.scopes.read, supportsProxy: true },
  body: noBody
} as const

const EXPLAINED = z.strictObject({
  compareTo: z
    .literal('previous', { error: FIELDS.oneOf(['previous']) })
    .optional()
    .meta({ description: "Compares the bill with the account's previous one" })
})

function explanationEndpoint(billingBase: string): Endpoint {
  return endpoint({
    ...COMMON,
    path: `/${customerBill.path}/{id}/explanation`,
    operationId: 'explainCustomerBill',
    summary: 'Explain one CustomerBill',
    description: `Returns how the amount due comes about, down to the rates, and what was paid since. Each amount is the
sum of those one level below, exactly; what only the sender knows is an amount of its own. Bills in any state are
explained; one that is not issued may still change.`,
    query: queryOf(EXPLAINED),
    replies: { 200: { description: 'The explanation', schema: EXPLANATION_SCHEMA } },
    handle: async ({ request, base, params, query, view }, { database, address }) => {
      const id = idOf(await find(database, customerBill, view, String(params.id)))
      const { tenantId } = view
      const lines = await linesOf(database, tenantId, id)
      const rateCount = await countRates(database, lines)
      const isCompared = query.compareTo !== undefined
      if (rateCount > READ_RATES_MAX || isCompared) await slotOf(request).become('expensive')
      const told = await database.snapshot(async (tx) => {
        await takeMemory(tx)
        const explanation = await explain(tx, tenantId, id)
        const { bill } = explanation
        return {
          explanation,
          rates: rateCount > RATES_MAX ? undefined : await readRates(tx, lines, bill.unit),
          settlements: await readSettlements(tx, tenantId, bill),
          comparison: isCompared ? ((await compareWithPrevious(tx, view, explanation)) ?? null) : undefined
        }
      })
      const roots = { api: address(request, base).url, billing: address(request, billingBase).url }
      return { json: (await Array.fromAsync(inTurns(piecesOf(told, roots)))).join('') }
    }
  })
}

/** Counts up to one more than are listed. */
async function countRates(queryable: Queryable, { of }: Lines): Promise<number> {
  const some = prepared`SELECT count(*) FROM (SELECT FROM ${of} LIMIT ${RATES_MAX + 1}) x`
  return scalar(await queryable.run(some), count)
}

const BY_FAULT = FIELDS.someOf(KEYS)
const DAY_FAULT = FIELDS.day('0001-01-01', '9999-12-31')

const SUMMARY = z.strictObject({
  by: z
    .string({ error: BY_FAULT })
    .default('type')
    .transform((text) => text.split(','))
    .refine((names): names is Key[] => isSomeOf(names, KEYS), { error: BY_FAULT })
    .meta({
      description: 'What to add up by, in this order: `type` (the default), `product`, `day`, with commas between them'
    }),
  type: z.string().optional().meta({ description: 'Rates of this type only' }),
  product: z.string().optional().meta({ description: 'Rates of the product of this id only' }),
  day: z
    .string()
    .refine((text) => parseDay(text) !== undefined, { error: DAY_FAULT })
    .optional()
    .meta({ description: 'Rates of this day only, in the time zone of the tenant', format: 'date' })
})

function isSomeOf(names: readonly string[], allowed: readonly string[]): boolean {
  return new Set(names).size === names.length && names.every((name) => allowed.includes(name))
}

const summaryEndpoint: Endpoint = endpoint({
  ...COMMON,
  path: `/${customerBill.path}/{id}/summary`,
  operationId: 'summarizeCustomerBill',
  summary: 'Add up the rates of one CustomerBill',
  description: `Returns the rates of the bill, added up by type, product or day, or by several of them. \`type\`,
\`product\` and \`day\` choose some of them, to look into one row of a summary.`,
  query: queryOf(SUMMARY),
  replies: { 200: { description: 'The summary', schema: SUMMARY_SCHEMA } },
  handle: async ({ request, base, params, query, view }, { database, address }) => {
    const id = idOf(await find(database, customerBill, view, String(params.id)))
    const { tenantId } = view
    const lines = await linesOf(database, tenantId, id)
    if ((await countRates(database, lines)) > READ_RATES_MAX) await slotOf(request).become('expensive')
    const { by, product: productId, type, day } = query
    const rows = await database.snapshot(async (tx) => {
      await takeMemory(tx)
      return readSummary(tx, { tenantId, lines, by, type, productId, day })
    })
    const bill = { id, href: `${address(request, base).url}/${customerBill.path}/${id}` }
    return { json: (await Array.fromAsync(inTurns(summaryPieces(bill, by, rows)))).join('') }
  }
})

export function explanationEndpoints(billingBase: string): readonly Endpoint[] {
  return [explanationEndpoint(billingBase), summaryEndpoint]
}
