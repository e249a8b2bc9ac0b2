import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import type { Problem } from '../messages/problem.ts'

/** The fault of one field, whose path is a JSONPath, or of one parameter of a query, whose path is its name. */
export interface Finding {
  readonly path: string
  readonly message: string
  readonly faultCode?: string | undefined
}
/** A finding as clients get it, with the code of the message that lists it. */
export interface Told extends Finding {
  readonly messageCode: string
}

const LISTED_MAX = 20
const ABOUT_PLACE = /^(\$(?:\.\w+|\[\d+\]|\['[^']*'\])*) (.+)$/s

const listed = new WeakMap<Problem, readonly Finding[]>()

/** Returns a finding; `fault` is an entry of FIELDS with its values. */
export function findingAt(path: string, fault: string): Finding {
  const { code: faultCode, text: message } = readFault(fault)
  return { path, message, faultCode }
}

export function refusal(message: (list: string) => Problem, findings: readonly Finding[]): Problem {
  const problem = message(
    shown(findings)
      .map((finding) => (finding.path === '' ? finding.message : `${finding.path} ${finding.message}`))
      .join('; ')
  )
  return listing(problem, findings)
}

/** Returns the problem of one parameter of a query; `fault` is an entry of FIELDS with its values. */
export function parameterFault(message: (fault: string) => Problem, name: string, fault: string): Problem {
  return refusal(message, [findingAt(name, fault)])
}

/** Returns the problem; its response lists the findings. */
export function listing(problem: Problem, findings: readonly Finding[]): Problem {
  const all = shown(findings).map((finding) => (finding.path === '' ? { ...finding, path: '$' } : finding))
  listed.set(problem, all)
  return problem
}

function shown(findings: readonly Finding[]): readonly Finding[] {
  const left = findings.length - LISTED_MAX
  return left > 0 ? [...findings.slice(0, LISTED_MAX), findingAt('', FIELDS.more(left))] : findings
}

/** Returns the listed findings of a problem, or its one message and the place it begins with. */
export function findingsOf(problem: Problem): readonly Told[] {
  const { code: messageCode } = problem
  const known = listed.get(problem)
  if (known) return known.map((finding) => ({ ...finding, messageCode }))
  const [, path = '$', message = problem.message] = ABOUT_PLACE.exec(problem.message) ?? []
  return [{ path, message, messageCode }]
}

/** Returns the member of the response that lists the findings of a problem, if it does. */
export function errorsMember(problem: Problem): { readonly errors?: readonly Told[] } {
  return listed.has(problem) ? { errors: findingsOf(problem) } : {}
}
