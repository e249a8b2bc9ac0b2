import { z } from 'zod'
import { faultOf } from '../http/issues.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { PARTNERS } from '../messages/partner.ts'
import { decodeText } from '../tmf/query/query-text.ts'

/** Parameters as they were sent: texts, or numbers of JSON. */
export type Sent = ReadonlyMap<string, string | number>

const NUMBER_MAX_LENGTH = 256
const NUMBER_FAULT = FIELDS.reference(NUMBER_MAX_LENGTH)

/** The id or an alias of an account; JSON may have it as a number. */
export const accountNumber = z
  .union([z.string(), z.number()], { error: NUMBER_FAULT })
  .transform(String)
  .refine((text) => text.length <= NUMBER_MAX_LENGTH && /\S/.test(text), { error: NUMBER_FAULT })
  .meta({ description: 'The id or an alias of the account' })

/**
 * Puts the parameters of the query string and of the body together. Throws `badRequest` for one that is there twice.
 */
export function sentBy(rawQuery: string, body: Readonly<Record<string, unknown>>): Sent {
  const sent = new Map<string, string | number>()
  const add = (name: string, value: unknown) => {
    if (sent.has(name)) throw PARTNERS.repeated(name)
    if (typeof value !== 'string' && typeof value !== 'number') throw PARTNERS.notText(name)
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
