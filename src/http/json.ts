import { trimScale } from '../base/money.ts'

/** Joins members that are JSON already, without undefined ones. No digit of an amount is lost. */
export function objectOf(members: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  return `{${present.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
}

/** Takes an amount as Postgres prints it. */
export function moneyOf(unit: string, amount: string): string {
  return objectOf({ unit: JSON.stringify(unit), value: trimScale(amount) })
}
