import { Problem, type ProblemKind } from './problem.ts'

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
    const made = (values: readonly Value[]) => new Problem(kind, entry.code, rendered(parts, values))
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

/** By their kinds: `is.notFound` tags the template of an entry that is one. */
export const is = {
  badRequest: of('badRequest'),
  conflict: of('conflict'),
  expectationFailed: of('expectationFailed'),
  expiredCredentials: of('expiredCredentials'),
  forbidden: of('forbidden'),
  headersTooLarge: of('headersTooLarge'),
  internal: of('internal'),
  invalidBody: of('invalidBody'),
  invalidCredentials: of('invalidCredentials'),
  invalidField: of('invalidField'),
  invalidHeader: of('invalidHeader'),
  invalidQuery: of('invalidQuery'),
  methodNotAllowed: of('methodNotAllowed'),
  missingBody: of('missingBody'),
  missingCredentials: of('missingCredentials'),
  missingField: of('missingField'),
  notAcceptable: of('notAcceptable'),
  notFound: of('notFound'),
  notImplemented: of('notImplemented'),
  payloadTooLarge: of('payloadTooLarge'),
  preconditionFailed: of('preconditionFailed'),
  requestTimeout: of('requestTimeout'),
  statementTimeout: of('statementTimeout'),
  tooManyRequests: of('tooManyRequests'),
  unavailable: of('unavailable'),
  unprocessable: of('unprocessable'),
  unsupportedMediaType: of('unsupportedMediaType'),
  uriTooLong: of('uriTooLong')
}
