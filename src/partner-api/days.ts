import { z } from 'zod'
import { parseDay } from '../base/instant.ts'
import { FIELDS } from '../messages/field.ts'

/** Days with a start and an end in every zone. */
const FIRST = '1970-01-01'
const LAST = '9998-12-31'
const FAULT = FIELDS.dayOfEither(FIRST, LAST)
const DAY_FIRST = /^(\d\d)-(\d\d)-(\d{4})$/

/** A day as `YYYY-MM-DD` or `DD-MM-YYYY`, read as the former. */
export function day(description: string) {
  return z
    .string({ error: FAULT })
    .transform((sent) => sent.replace(DAY_FIRST, '$3-$2-$1'))
    .refine((text) => parseDay(text) !== undefined && text >= FIRST && text <= LAST, { error: FAULT })
    .meta({ description: `${description}; \`YYYY-MM-DD\` or \`DD-MM-YYYY\``, examples: ['2026-11-30'] })
}
