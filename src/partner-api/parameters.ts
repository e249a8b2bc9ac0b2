import { z } from 'zod'
import { canonicalDecimal, compareDecimals, decimalFault } from '../base/money.ts'
import { isRecord } from '../base/unknown.ts'
import { parseJson } from '../http/body.ts'
import { faultOf } from '../http/issues.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { PARTNERS } from '../messages/partner.ts'
import { Problem } from '../messages/problem.ts'
import { decodeText } from '../tmf/query/query-text.ts'

/** Parameters as they were sent: texts, or numbers and objects of JSON. */
export type Sent = ReadonlyMap<string, unknown>

const NUMBER_MAX_LENGTH = 256
const NUMBER_FAULT = FIELDS.reference(NUMBER_MAX_LENGTH)

/** A text of one line. */
export function text(description: string) {
  return z
    .string({ error: FIELDS.text() })
    .max(NUMBER_MAX_LENGTH, { error: FIELDS.tooLong(NUMBER_MAX_LENGTH) })
    .meta({ description })
}

/** The id or an alias of an account; JSON may have it as a number. */
export const accountNumber = z
  .union([z.string(), z.number()], { error: NUMBER_FAULT })
  .transform(String)
  .refine((text) => text.length <= NUMBER_MAX_LENGTH && /\S/.test(text), { error: NUMBER_FAULT })
  .meta({ description: 'The id or an alias of the account' })

/** An amount as decimal text. */
export function amount(description: string) {
  return z
    .union([z.string(), z.number()], { error: FIELDS.decimal() })
    .transform((sent, context) => {
      const text = String(sent)
      const message = decimalFault(text)
      if (message === undefined) return canonicalDecimal(text) ?? '0'
      context.addIssue({ code: 'custom', message, input: sent })
      return z.NEVER
    })
    .meta({ description })
}

export const positiveAmount = (description: string) =>
  amount(description).refine((text) => compareDecimals(text, 0) > 0, { error: FIELDS.positive() })

/** A whole number within bounds; forms have it as a text. */
export function whole(description: string, least: number, most: number) {
  const fault = FIELDS.wholeNumber(least, most)
  return z
    .union([z.string(), z.number()], { error: fault })
    .refine((sent) => /^\d{1,9}$/.test(String(sent)) && Number(sent) >= least && Number(sent) <= most, { error: fault })
    .transform(Number)
    .meta({ description })
}

/** An object; forms have it as JSON. */
export function jsonObject(description: string) {
  return z
    .union([z.string(), z.record(z.string(), z.unknown())], { error: FIELDS.object() })
    .transform((sent, context) => {
      const value = typeof sent === 'string' ? attempted(() => parseJson(Buffer.from(sent))) : sent
      if (isRecord(value)) return value
      context.addIssue({ code: 'custom', message: FIELDS.object(), input: sent })
      return z.NEVER
    })
    .meta({ description })
}

function attempted(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

/**
 * Puts the parameters of the query string and of the body together. Throws `badRequest` for one that is there twice.
 */
export function sentBy(rawQuery: string, body: Readonly<Record<string, unknown>>): Sent {
  const sent = new Map<string, unknown>()
  const add = (name: string, value: unknown) => {
    if (sent.has(name)) throw PARTNERS.repeated(name)
    if (typeof value !== 'string' && typeof value !== 'number' && !isRecord(value)) throw PARTNERS.notText(name)
    sent.set(name, value)
  }
  for (const part of rawQuery.split('&').filter((text) => text !== '')) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? []
    add(decodeText(name), decodeText(value))
  }
  for (const [name, value] of Object.entries(body)) add(name, value)
  return sent
}

/** Reads parameters by a schema; `names` are all that there are. Throws `badRequest` with every fault. */
export function readParameters<T>(schema: z.ZodType<T>, sent: Sent, names: readonly string[]): T {
  const unknown = [...sent.keys()].find((name) => !names.includes(name))
  if (unknown !== undefined) throw PARTNERS.unknown(unknown, names)
  const result = schema.safeParse(Object.fromEntries(sent), { reportInput: true })
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    const fault = issue.input === undefined ? FIELDS.required() : faultOf(issue)
    return [...issue.path, readFault(fault).text].join(' ')
  })
  throw PARTNERS.parameters([...new Set(faults)].join('; '))
}
