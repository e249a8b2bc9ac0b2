import Big from 'big.js'

/** The parts of a bill that are left to credit, in minor units: of its lines by type and taxes, and of its taxes. */
export interface Left<C extends Cell = Cell> {
  readonly cells: readonly C[]
  readonly taxes: readonly { readonly left: bigint }[]
}

export interface Cell {
  /** Undefined for the share of the rounding. */
  readonly rateType: string | undefined
  readonly left: bigint
}

/** The parts that a credit note gives back, in the order of those left. */
export interface Given {
  readonly cells: readonly bigint[]
  readonly taxes: readonly bigint[]
}

/** A line to give back: its cell, and its taxes, not rounded, in minor units. */
export interface GivenLine {
  readonly cell: number
  readonly amount: bigint
  readonly taxes: readonly { readonly tax: number; readonly amount: Big }[]
}

export const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)

export function leftOf({ cells, taxes }: Left): bigint {
  return total([...cells, ...taxes].map(({ left }) => left))
}

export function allOf({ cells, taxes }: Left): Given {
  return { cells: cells.map(({ left }) => left), taxes: taxes.map(({ left }) => left) }
}

/** Divides an amount with tax over all that is left, of which it must be a part. */
export function partOf(left: Left, amount: bigint): Given {
  const { cells, taxes } = allOf(left)
  const shares = apportioned([...cells, ...taxes], amount)
  return { cells: shares.slice(0, cells.length), taxes: shares.slice(cells.length) }
}

/**
 * Divides an amount in proportion to the parts of a whole, in whole units: the largest remainders are rounded up. No
 * share exceeds its part, and the shares of the whole are its parts.
 */
export function apportioned(parts: readonly bigint[], amount: bigint): readonly bigint[] {
  const whole = total(parts)
  const exact = parts.map((part) => part * amount)
  const floors = exact.map((product) => floorOf(product, whole))
  const order = exact
    .map((product, at) => ({ at, remainder: product - (floors[at] ?? 0n) * whole }))
    .sort((a, b) => (a.remainder === b.remainder ? a.at - b.at : a.remainder < b.remainder ? 1 : -1))
  const missing = Number(amount - total(floors))
  const raised = new Set(order.slice(0, missing).map(({ at }) => at))
  return floors.map((floor, at) => (raised.has(at) ? floor + 1n : floor))
}

function floorOf(product: bigint, whole: bigint): bigint {
  const quotient = product / whole
  return quotient * whole > product ? quotient - 1n : quotient
}

/**
 * Gives lines back with their taxes, each tax rounded once and within what is left of it. Lines that leave none of the
 * bill's, or exactly what is left with tax, give back the rounding, too.
 */
export function linesOf(left: Left, lines: readonly GivenLine[]): Given {
  const cells = left.cells.map((_, at) => total(lines.filter(({ cell }) => cell === at).map(({ amount }) => amount)))
  const taxes = left.taxes.map((tax, at) => {
    const exact = lines.flatMap((line) => line.taxes.filter((one) => one.tax === at).map(({ amount }) => amount))
    const sum = exact.reduce((all, one) => all.plus(one), new Big(0))
    return within(BigInt(sum.round(0, Big.roundHalfUp).toFixed()), tax.left)
  })
  const hasLines = left.cells.some(({ rateType, left: of }, at) => rateType !== undefined && cells[at] !== of)
  return hasLines && total([...cells, ...taxes]) !== leftOf(left) ? { cells, taxes } : allOf(left)
}

/** Returns the nearest amount between 0 and a limit of either sign. */
function within(amount: bigint, limit: bigint): bigint {
  if (limit < 0n) return -within(-amount, -limit)
  if (amount < 0n) return 0n
  return amount > limit ? limit : amount
}

/** Finds whether an amount is of the sign of a limit, and not beyond it. */
export function isWithin(amount: bigint, limit: bigint): boolean {
  return within(amount, limit) === amount
}
