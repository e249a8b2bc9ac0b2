import type { z } from 'zod'
import { jsonPath } from '../base/json-path.ts'
import { isRecord } from '../base/unknown.ts'
import { BODIES } from '../messages/body.ts'

/**
 * Reads a body that is no resource. Throws `missingBody`, `invalidBody`, or `invalidField` with every finding and its
 * JSON path.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === undefined) throw BODIES.missing()
  if (!isRecord(body)) throw BODIES.notObject()
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  throw BODIES.invalidFields(result.error.issues.map(finding).join('; '))
}

function finding(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.map((name) => jsonPath([...issue.path, name])).join(', ')} is nothing that can be set here`
  }
  return `${jsonPath(issue.path)} ${issue.input === undefined ? 'is required' : issue.message}`
}
