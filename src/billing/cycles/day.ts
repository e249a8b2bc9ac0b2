import { z } from 'zod'
import { parseDay } from '../../base/instant.ts'
import { FIELDS } from '../../messages/field.ts'

/** Days with a start and an end in every zone. */
const DAY_FIRST = '1970-01-01'
const DAY_LAST = '9998-12-31'

const DAY_FAULT = FIELDS.day(DAY_FIRST, DAY_LAST)

/** A day such as `2026-11-30`. */
export const DAY = z
  .string({ error: DAY_FAULT })
  .refine((text) => parseDay(text) !== undefined && text >= DAY_FIRST && text <= DAY_LAST, { error: DAY_FAULT })
