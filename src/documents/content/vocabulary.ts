/** All fixed words of a bill; `{…}` is filled in. */
export interface Words {
  readonly titles: Readonly<Record<'bill' | 'creditNote' | 'trial' | 'draft', string>>
  /** By type of rate; an unknown type stands for itself. */
  readonly types: Readonly<Record<string, string>>
  readonly number: string
  readonly date: string
  readonly period: string
  readonly account: string
  readonly dueDate: string
  readonly description: string
  readonly tax: string
  readonly rate: string
  readonly base: string
  readonly amount: string
  readonly items: string
  readonly subtotal: string
  readonly rounding: string
  readonly net: string
  readonly gross: string
  readonly amountDue: string
  readonly payBy: string
  readonly reference: string
  readonly taxNumber: string
  readonly carriedForward: string
  readonly broughtForward: string
  readonly page: string
  readonly asIssued: string
  readonly howToPay: string
  readonly givenBack: string
  readonly nothingDue: string
  readonly fromBalance: string
  readonly creditUsed: string
  readonly payee: string
  readonly bank: string
  readonly scan: string
  readonly codeFor: string
  readonly logoOf: string
  readonly summary: string
  readonly itemised: string
  readonly further: string
  readonly untaxed: string
  readonly exempt: string
  readonly exemptNote: string
  readonly balance: string
  readonly previous: string
  readonly movements: string
  readonly before: string
  readonly thisBill: string
  readonly after: string
  readonly labelled: string
}

export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap))
}

/** Returns `label: value` in the punctuation of the language: `IBAN: …`. */
export function labelled({ labelled: pattern }: Words, label: string, value: string): string {
  return fill(pattern, { label, value })
}
