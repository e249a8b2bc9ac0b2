import { z } from 'zod'
import { isCurrency } from '../base/codes.ts'
import { decimalFault } from '../base/money.ts'
import { FIELDS } from '../messages/field.ts'

const FACTOR_MAX = 1_000
const BILLS_MAX = 24
const LINES_MAX = 10_000_000
const PERCENT_MAX = 100

/** Requirements of a tenant before bills of a run are issued. */
export const RELEASE_REQUIREMENTS = ['emptyReview', 'secondUser'] as const
export type ReleaseRequirement = (typeof RELEASE_REQUIREMENTS)[number]

const amount = z
  .number({ error: FIELDS.number() })
  .min(0, { error: FIELDS.tooSmall(0) })
  .superRefine((value, context) => {
    const message = decimalFault(String(value))
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
  })

function between(least: number, most: number) {
  const error = FIELDS.numberBetween(least, most)
  return z.number({ error }).min(least, { error }).max(most, { error })
}

function wholeBetween(least: number, most: number) {
  const error = FIELDS.wholeNumber(least, most)
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

const flag = z.boolean({ error: FIELDS.trueOrFalse() }).optional()

/** The rules that hold bills of a run; one that is left out holds none. */
export const REVIEW_RULES = z.strictObject(
  {
    amountOver: z
      .record(z.string().refine(isCurrency, { error: FIELDS.currency() }), amount, {
        error: ({ code }) => (code === 'invalid_key' ? FIELDS.currency() : FIELDS.object())
      })
      .optional()
      .meta({ description: 'By currency, the largest amount with tax that is not held' }),
    overMean: z
      .strictObject(
        {
          factor: between(1, FACTOR_MAX).meta({ description: 'A bill of more than so many times the mean is held' }),
          bills: wholeBetween(1, BILLS_MAX).meta({ description: 'The number of earlier bills of the account' })
        },
        { error: FIELDS.object() }
      )
      .optional()
      .meta({ description: "Holds a bill that is far over the mean of the account's last bills" }),
    zero: flag.meta({ description: 'Holds a bill of 0' }),
    firstBill: flag.meta({ description: 'Holds the first bill of an account in a currency' }),
    negative: flag.meta({ description: 'Holds a bill whose amount is below 0 before or with tax' }),
    linesOver: wholeBetween(0, LINES_MAX)
      .optional()
      .meta({ description: 'The largest number of lines that is not held' }),
    samplePercent: between(0, PERCENT_MAX).optional().meta({ description: 'The share of all bills that is held' })
  },
  { error: FIELDS.object() }
)

export type ReviewRules = z.output<typeof REVIEW_RULES>
