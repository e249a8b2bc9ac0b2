import type { z } from 'zod'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'

/** Returns the fault that the schema names for an issue, or else the one of its kind. */
export function faultOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return FIELDS.required()
  return readFault(issue.message).code === undefined ? ofKind(issue) : issue.message
}

export function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined
}

function ofKind(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? FIELDS.integer() : FIELDS.type(issue.expected)
    case 'invalid_value':
      return FIELDS.oneOf(issue.values.map(String))
    case 'too_big':
      return (TOO_BIG[issue.origin] ?? FIELDS.tooLarge)(Number(issue.maximum))
    case 'too_small':
      return (TOO_SMALL[issue.origin] ?? FIELDS.tooSmall)(Number(issue.minimum))
    default:
      return issue.message
  }
}

const TOO_BIG: Readonly<Record<string, (limit: number) => string>> = { string: FIELDS.tooLong, array: FIELDS.tooMany }
const TOO_SMALL: Readonly<Record<string, (limit: number) => string>> = { string: FIELDS.tooShort, array: FIELDS.tooFew }
