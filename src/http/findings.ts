import type { Problem } from '../messages/problem.ts'

export interface Finding {
  readonly path: string
  readonly message: string
}
/** A finding as clients get it, with the code of its message. */
export interface Told extends Finding {
  readonly messageCode: string
}

const LISTED_MAX = 20
const ABOUT_PLACE = /^(\$(?:\.\w+|\[\d+\]|\['[^']*'\])*) (.+)$/s

const listed = new WeakMap<Problem, readonly Finding[]>()

/** Returns the problem of a message that lists findings. */
export function refusal(message: (list: string) => Problem, findings: readonly Finding[]): Problem {
  const first = findings.slice(0, LISTED_MAX)
  const left = findings.length - first.length
  const more = left > 0 ? [`and ${left} more`] : []
  const problem = message([...first.map((finding) => `${finding.path} ${finding.message}`), ...more].join('; '))
  listed.set(problem, [...first, ...more.map((left) => ({ path: '$', message: left }))])
  return problem
}

/** Returns the listed findings of a problem, or its one message and the place it begins with. */
export function findingsOf(problem: Problem): readonly Told[] {
  const { code: messageCode } = problem
  const known = listed.get(problem)
  if (known) return known.map((finding) => ({ ...finding, messageCode }))
  const [, path = '$', message = problem.message] = ABOUT_PLACE.exec(problem.message) ?? []
  return [{ path, message, messageCode }]
}
