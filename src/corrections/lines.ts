import Big from 'big.js'
import { minorDigits } from '../base/money.ts'
import type { Transaction } from '../db/database.ts'
import { computed, computedRow, decimal, optional, text } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { TAX_KEY } from '../ledger/tax-key.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { aboutName } from '../messages/problem.ts'
import type { CorrectedBill } from './bill.ts'
import { type BillLeft, fromMinor, GIVEN_TAXES, type GivenTaxes, givenTaxes, toMinor } from './left.ts'
import { allOf, type Given, type GivenLine, isWithin, leftOf, linesOf, partOf, total } from './split.ts'

/** How a credit note says what it gives back. */
export type Way =
  | { readonly kind: 'all' }
  | { readonly kind: 'amount'; readonly amount: Amount }
  | { readonly kind: 'lines'; readonly lines: readonly WantedLine[] }

interface Amount {
  readonly unit: string
  /** Of a body a number; else decimal text. */
  readonly value: number | string
}

/** A line of the bill; without an amount before tax, all that is left of it. */
export interface WantedLine {
  readonly rateId: string
  readonly amount: Amount | undefined
}

/** A line of a credit note, in minor units, before tax. */
export interface NoteLine {
  readonly rateId: string | undefined
  /** Undefined for a share of the rounding. */
  readonly rateType: string | undefined
  readonly taxKey: string | undefined
  /** The taxes that the lines of the bill were given, and those lines' amount. */
  readonly given: GivenTaxes | undefined
  readonly of: string
  readonly amount: bigint
}

export interface NoteContent {
  readonly lines: readonly NoteLine[]
  /** In the order of the taxes that are left. */
  readonly taxes: readonly bigint[]
}

/** Returns what a credit note gives back of what is left of its bill. Throws `invalidField` and `conflict`. */
export async function contentOf(
  tx: Transaction,
  tenantId: string,
  bill: CorrectedBill,
  left: BillLeft,
  way: Way
): Promise<NoteContent> {
  if (leftOf(left) <= 0n) throw CORRECTIONS.nothingLeft()
  if (way.kind === 'lines') return ofLines(left, await readLines(tx, tenantId, bill, left, way.lines))
  if (way.kind === 'all') return ofCells(left, allOf(left))
  const amount = minorOf(left, way.amount, '$.amount')
  requireLeft(left, amount)
  return ofCells(left, partOf(left, amount))
}

function minorOf({ currency }: BillLeft, { unit, value }: Amount, path: string): bigint {
  if (unit !== currency) throw CORRECTIONS.currency(path, currency)
  return toMinor(value, minorDigits(unit))
}

function requireLeft(left: BillLeft, amount: bigint): void {
  const [digits, most] = [minorDigits(left.currency), leftOf(left)]
  if (amount <= most) return
  throw CORRECTIONS.moreThanLeft(fromMinor(amount, digits), left.currency, fromMinor(most, digits))
}

function ofCells({ cells }: BillLeft, given: Given): NoteContent {
  const lines = cells.map(({ rateType, taxKey, given: taxes, shown }, at) => {
    return { rateId: undefined, rateType, taxKey, given: taxes, of: shown, amount: given.cells[at] ?? 0n }
  })
  return { lines: lines.filter(({ amount }) => amount !== 0n), taxes: given.taxes }
}

/** A line of the bill to give back: its place among the cells, and what is left of it. */
interface BillLine extends Omit<NoteLine, 'rateId'> {
  readonly rateId: string
  readonly cell: number
}

function ofLines(left: BillLeft, lines: readonly BillLine[]): NoteContent {
  const digits = minorDigits(left.currency)
  const given = linesOf(
    left,
    lines.map((line): GivenLine => ({ ...line, taxes: taxesOf(left, line) }))
  )
  const sum = total([...given.cells, ...given.taxes])
  const outside = left.cells.find((cell, at) => !isWithin(given.cells[at] ?? 0n, cell.left))
  if (outside) throw CORRECTIONS.typeOutside(String(outside.rateType), fromMinor(outside.left, digits))
  if (sum <= 0n) throw CORRECTIONS.notPositive(fromMinor(sum, digits))
  requireLeft(left, sum)
  // The last note also takes the rounding, and other lines if it takes all that is left.
  const rest = given.cells.map((amount, at) => {
    return amount - total(lines.filter(({ cell }) => cell === at).map((line) => line.amount))
  })
  return { lines: [...lines, ...ofCells(left, { ...given, cells: rest }).lines], taxes: given.taxes }
}

/** Returns the taxes of an amount of a line, not rounded, in minor units: those that it was given, or the profile's. */
function taxesOf(left: BillLeft, { given, of, amount }: BillLine): GivenLine['taxes'] {
  const minor = amount.toString()
  const taxes = given
    ? given.map((tax) => ({ ...tax, share: new Big(tax.amount).times(minor).div(of) }))
    : left.profile.map((tax) => ({ ...tax, share: new Big(tax.taxRate).times(minor) }))
  return taxes.flatMap(({ taxCategory, taxRate, share }) => {
    const tax = left.taxes.findIndex((one) => one.category === taxCategory && isSameRate(one.rate, taxRate))
    return tax < 0 ? [] : [{ tax, amount: share }]
  })
}

function isSameRate(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined ? one === other : new Big(one).eq(other)
}

const LINE = computedRow({
  rateId: computed(text, sql`r."id"`),
  rateType: computed(text, sql`coalesce(r."rate_type", 'appliedBillingCharge')`),
  taxKey: computed(optional(text), TAX_KEY),
  given: computed(givenTaxes, GIVEN_TAXES),
  of: computed(decimal, sql`x."shown"`),
  left: computed(decimal, sql`x."shown" + coalesce(x."noted", 0)`)
})

/** Reads lines of the bill that is to be corrected, with the amounts to give back. */
async function readLines(
  tx: Transaction,
  tenantId: string,
  bill: CorrectedBill,
  left: BillLeft,
  wanted: readonly WantedLine[]
): Promise<readonly BillLine[]> {
  const ids = wanted.map(({ rateId }) => rateId)
  const twice = ids.findIndex((id, at) => ids.indexOf(id) < at)
  if (twice >= 0) throw CORRECTIONS.lineTwice(`$.lines[${twice}].rate.id`)
  const digits = minorDigits(left.currency)
  const { rows } = await tx.run(sql`SELECT ${LINE.columns} FROM "applied_customer_billing_rate" r
    CROSS JOIN LATERAL (SELECT round(r."tax_excluded_amount_value", ${digits}::int) AS "shown", (
        SELECT sum(l."amount") FROM "credit_note_line" l
        WHERE l."tenant_id" = r."tenant_id" AND l."rate_id" = r."id") AS "noted") x
    WHERE r."tenant_id" = ${tenantId} AND r."bill_id" = ${bill.id} AND r."id" = ANY(${ids}::text[])`)
  const found = new Map(rows.map(LINE.read).map((line) => [line.rateId, line]))
  return wanted.map(({ rateId, amount }, at) => {
    const line = found.get(rateId)
    if (!line) throw aboutName(CORRECTIONS.unknownLine(`$.lines[${at}].rate.id`))
    const cell = left.cells.findIndex(({ rateType, taxKey }) => rateType === line.rateType && taxKey === line.taxKey)
    const [ofLine, ofCell] = [toMinor(line.left, digits), left.cells[cell]?.left ?? 0n]
    const most = isWithin(ofLine, ofCell) ? ofLine : ofCell
    const given = amount === undefined ? most : minorOf(left, amount, `$.lines[${at}].amount`)
    if (given !== 0n && isWithin(given, ofLine)) return { ...line, cell, amount: given }
    throw CORRECTIONS.lineOutside(`$.lines[${at}].amount`, fromMinor(most, digits))
  })
}
