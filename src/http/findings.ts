import { Problem, type ProblemKind } from '../base/problem.ts'

/** One fault of a body; `path` is a JSON path. */
export interface Finding {
  readonly path: string
  readonly message: string
}

/** Further findings are counted, not listed. */
const LISTED_MAX = 20
/** A message that begins with a place of the body. */
const ABOUT_PLACE = /^(\$(?:\.\w+|\[\d+\]|\['[^']*'\])*) (.+)$/s

const listed = new WeakMap<Problem, readonly Finding[]>()

export function refusal(kind: ProblemKind, findings: readonly Finding[]): Problem {
  const first = findings.slice(0, LISTED_MAX)
  const left = findings.length - first.length
  const more = left > 0 ? [`and ${left} more`] : []
  const problem = new Problem(kind, [...first.map(({ path, message }) => `${path} ${message}`), ...more].join('; '))
  listed.set(problem, [...first, ...more.map((message) => ({ path: '$', message }))])
  return problem
}

/** Returns the listed findings of a problem, or its one message and the place it begins with. */
export function findingsOf(problem: Problem): readonly Finding[] {
  const known = listed.get(problem)
  if (known) return known
  const [, path = '$', message = problem.message] = ABOUT_PLACE.exec(problem.message) ?? []
  return [{ path, message }]
}
