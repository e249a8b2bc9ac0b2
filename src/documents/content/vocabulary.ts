import type { en } from './words-en.ts'

/** All fixed words of a bill; `{…}` is filled in. English says which there are. */
export type Words = Omit<Readonly<typeof en>, 'types'> & {
  /** By type of rate; an unknown type stands for itself. */
  readonly types: Readonly<Record<string, string>>
}

export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap))
}

/** Returns `label: value` in the punctuation of the language: `IBAN: …`. */
export function labelled({ labelled: pattern }: Words, label: string, value: string): string {
  return fill(pattern, { label, value })
}
