import { decimal } from './table.ts'

/** A promise of the project, kept or not. */
export interface Gate {
  readonly title: string
  readonly value: string
  readonly limit: string
  readonly isMet: boolean
}

export function atLeast(title: string, value: number, limit: number): Gate {
  return { title, value: decimal(value), limit: `>= ${limit}`, isMet: value >= limit }
}

export function atMost(title: string, value: number, limit: number): Gate {
  return { title, value: decimal(value), limit: `<= ${limit}`, isMet: value <= limit }
}
