import { Problem, type ProblemKind } from '../base/problem.ts'

/** One thing that is wrong with a body: where, as a JSON path, and what. */
export interface Finding {
  readonly path: string
  readonly message: string
}

/** More findings than this in one body are counted, not listed. */
const LISTED_MAX = 20
/** What a message begins with that is about one place of the body. */
const ABOUT_PLACE = /^(\$(?:\.\w+|\[\d+\]|\['[^']*'\])*) (.+)$/s

const listed = new WeakMap<Problem, readonly Finding[]>()

/** A problem that lists findings, each with its path. */
export function refusal(kind: ProblemKind, findings: readonly Finding[]): Problem {
  const first = findings.slice(0, LISTED_MAX)
  const left = findings.length - first.length
  const more = left > 0 ? [`and ${left} more`] : []
  const problem = new Problem(kind, [...first.map(({ path, message }) => `${path} ${message}`), ...more].join('; '))
  listed.set(problem, [...first, ...more.map((message) => ({ path: '$', message }))])
  return problem
}

/** The findings of any problem with a body: what it lists, else its one message, about the place it begins with. */
export function findingsOf(problem: Problem): readonly Finding[] {
  const known = listed.get(problem)
  if (known) return known
  const [, path = '$', message = problem.message] = ABOUT_PLACE.exec(problem.message) ?? []
  return [{ path, message }]
}
