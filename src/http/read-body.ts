import type { z } from 'zod'
import { jsonPath } from '../base/json-path.ts'
import { isRecord } from '../base/unknown.ts'
import { BODIES } from '../messages/body.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { type Finding, findingAt, listing } from './findings.ts'
import { faultOf } from './issues.ts'

/**
 * Reads a body that is no resource. Throws `missingBody`, `invalidBody`, or `invalidField` with every finding and its
 * JSON path.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === undefined) throw BODIES.missing()
  if (!isRecord(body)) throw BODIES.notObject()
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const findings = result.error.issues.map(findingsAbout)
  throw listing(BODIES.invalidFields(findings.map(textOf).join('; ')), findings.flat())
}

function findingsAbout(issue: z.core.$ZodIssue): readonly Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => findingAt(jsonPath([...issue.path, name]), FIELDS.unknown()))
  }
  const path = jsonPath(issue.path)
  if (issue.input === undefined) return [findingAt(path, FIELDS.required())]
  const { code } = readFault(faultOf(issue))
  return [{ path, message: readFault(issue.message).text, faultCode: code }]
}

/** Names the places of one fault together. */
function textOf(findings: readonly Finding[]): string {
  return `${findings.map(({ path }) => path).join(', ')} ${findings[0]?.message}`
}
