import { KINDS, Problem, type ProblemKind } from './problem.ts'

type Value = string | number | readonly string[]
type Like<Example extends readonly Value[]> = {
  [At in keyof Example]: Example[At] extends string ? string : Example[At] extends number ? number : readonly string[]
}

export interface Entry<Made = Problem> {
  code: string
  /** Makes the Problem, or part of one, with the values of the example. */
  readonly example: () => Made
}
/** Makes the Problem to throw, with values in the places of the example's. */
export type Message<Example extends readonly Value[], Made = Problem> = Entry<Made> &
  ((...values: Like<Example>) => Made)

/** Gives entries their codes: the subject, and the name of each. */
export function messages<Entries extends Readonly<Record<string, Entry<unknown>>>>(
  subject: string,
  entries: Entries
): Entries {
  for (const [name, entry] of Object.entries(entries)) entry.code = `${subject}.${name}`
  return entries
}

/**
 * Tags a template whose values are the example of the entry, so that it reads as what a client gets. A list is written
 * with commas. A long text may go on in a new line, which counts as a blank.
 */
function made<Made>(make: (code: string, text: string) => Made) {
  return <const Example extends readonly Value[]>(
    lines: TemplateStringsArray,
    ...example: Example
  ): Message<Example, Made> => {
    const parts = lines.map((line) => line.replaceAll(/\n */g, ' '))
    const made = (values: readonly Value[]) => make(entry.code, rendered(parts, values))
    const entry: Message<Example, Made> = Object.assign((...values: Like<Example>) => made(values), {
      code: '',
      example: () => made(example)
    })
    return entry
  }
}

function of(kind: ProblemKind) {
  return made((code, text) => new Problem(kind, code, text))
}

function rendered(parts: readonly string[], values: readonly Value[]): string {
  return parts.reduce((text, part, at) => {
    const value = values[at - 1] ?? ''
    return text + (typeof value === 'object' ? value.join(', ') : value) + part
  })
}

/** A reason as it is stored and shown: its code, and the text of the entry with its values. */
export interface Reason {
  readonly code: string
  readonly text: string
}

/** Separates the code of a fault from its text: no text has it. */
const MARK = '\u001f'

/** Takes a fault apart. A text without a code comes from elsewhere. */
export function readFault(fault: string): { readonly code: string | undefined; readonly text: string } {
  const [first = '', text] = fault.split(MARK)
  return text === undefined ? { code: undefined, text: first } : { code: first, text }
}

/**
 * By their kinds: `is.notFound` tags the template of an entry that is one. `is.fault` tags the fault of a field, whose
 * code goes with its text, since schemas pass texts on; `is.reason` tags a reason that is stored.
 */
export const is = {
  ...byName(KINDS, of),
  fault: made((code, text) => code + MARK + text),
  reason: made((code, text): Reason => ({ code, text }))
}

function byName<Name extends string, V>(
  names: Readonly<Record<Name, unknown>>,
  make: (name: Name) => V
): Readonly<Record<Name, V>>
function byName(names: object, make: (name: string) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, make(name)]))
}
