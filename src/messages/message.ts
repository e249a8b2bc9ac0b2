import { Problem, type ProblemKind } from '../base/problem.ts'

type Value = string | number | readonly string[]
/** The types of an example's values. */
type Like<Example extends readonly Value[]> = {
  [At in keyof Example]: Example[At] extends string ? string : Example[At] extends number ? number : readonly string[]
}

/** An entry of the catalogue. */
export interface Entry {
  code: string
  /** Makes the Problem with the values of the example. */
  readonly example: () => Problem
}
/** Makes the Problem to throw, with values in the places of the example's. */
export type Message<Example extends readonly Value[]> = Entry & ((...values: Like<Example>) => Problem)

/** Gives entries their codes: the subject, and the name of each. */
export function messages<Entries extends Readonly<Record<string, Entry>>>(subject: string, entries: Entries): Entries {
  for (const [name, entry] of Object.entries(entries)) entry.code = `${subject}.${name}`
  return entries
}

/**
 * Tags a template whose values are the example of the entry, so that it reads as what a client gets. A list is written
 * with commas. A long text may go on in a new line, which counts as a blank.
 */
function of(kind: ProblemKind) {
  return <const Example extends readonly Value[]>(
    lines: TemplateStringsArray,
    ...example: Example
  ): Message<Example> => {
    const parts = lines.map((line) => line.replaceAll(/\n */g, ' '))
    const made = (values: readonly Value[]) => new Problem(kind, rendered(parts, values), {}, entry.code)
    const entry: Message<Example> = Object.assign((...values: Like<Example>) => made(values), {
      code: '',
      example: () => made(example)
    })
    return entry
  }
}

function rendered(parts: readonly string[], values: readonly Value[]): string {
  return parts.reduce((text, part, at) => {
    const value = values[at - 1] ?? ''
    return text + (typeof value === 'object' ? value.join(', ') : value) + part
  })
}

export const conflict = of('conflict')
export const internal = of('internal')
export const invalidField = of('invalidField')
export const invalidQuery = of('invalidQuery')
export const missingField = of('missingField')
export const notImplemented = of('notImplemented')
