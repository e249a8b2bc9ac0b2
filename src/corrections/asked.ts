import { z } from 'zod'
import { requirePlainText } from '../base/plain-text.ts'
import { REFERRED } from '../billing/payments/common.ts'
import { AMOUNT } from '../billing/payments/taking.ts'
import { CORRECTIONS } from '../messages/correction.ts'
import { FIELDS } from '../messages/field.ts'
import { namedAs, type Reasoned } from './known.ts'
import type { Way } from './lines.ts'

const REFERENCE_MAX_LENGTH = 256
const DESCRIPTION_MAX_LENGTH = 1_000
const LINES_MAX = 1_000

/** Words that are not blank, or none. */
export function words(maxLength: number) {
  const fault = FIELDS.reference(maxLength)
  return z.string({ error: fault }).max(maxLength, { error: fault }).regex(/\S/, { error: fault }).optional()
}

/** Text of several sentences. */
export const SENTENCES = words(DESCRIPTION_MAX_LENGTH)

/** The members of a body that say why. */
export const REASONED = {
  reason: z.string({ error: FIELDS.text() }).meta({ description: "One of the tenant's reasons" }),
  description: SENTENCES.meta({ description: 'The reason in words' }),
  reference: words(REFERENCE_MAX_LENGTH).meta({
    description: 'Your own name for it: sent again, it is done once'
  })
} as const

/** The members of a body that say what part of a bill it is about; exactly one of them is given. */
export const WAYS = {
  all: z.literal(true, { error: FIELDS.onlyTrue() }).optional().meta({ description: 'All that is left to credit' }),
  amount: AMOUNT.optional().meta({ description: 'An amount with tax, divided over the whole bill' }),
  lines: z
    .array(
      z.strictObject({
        rate: REFERRED.meta({ description: 'The line of the bill' }),
        amount: AMOUNT.optional().meta({ description: 'A part of it before tax; all that is left of it by default' })
      }),
      { error: FIELDS.list() }
    )
    .min(1, { error: FIELDS.tooFew(1) })
    .max(LINES_MAX, { error: FIELDS.tooManyNamed(LINES_MAX) })
    .optional()
    .meta({ description: 'Lines of the bill' })
} as const

type Ways = Partial<{ readonly [K in keyof typeof WAYS]: z.output<(typeof WAYS)[K]> | undefined }>

interface Given {
  readonly reason: string
  readonly description?: string | undefined
  readonly reference?: string | undefined
}

/** Names a request by its reference and its content. Throws `invalidField` for a reference that is not plain. */
export function reasonedAs({ reason, description, reference }: Given, content: readonly unknown[]): Reasoned {
  if (reference !== undefined) requirePlainText('$.reference', reference)
  return { reason, description, ...namedAs(reference, [...content, reason, description ?? null]) }
}

/** Throws `invalidField` for a body that says nothing, or several things. */
export function wayOf({ all, amount, lines }: Ways): Way {
  const ways: readonly (Way | undefined)[] = [
    all && { kind: 'all' },
    amount && { kind: 'amount', amount },
    lines && { kind: 'lines', lines: lines.map(({ rate, amount: part }) => ({ rateId: rate.id, amount: part })) }
  ]
  const [way, ...others] = ways.flatMap((one) => one ?? [])
  if (!way || others.length > 0) throw CORRECTIONS.oneWay()
  return way
}
