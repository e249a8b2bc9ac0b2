import { z } from 'zod'
import { isCurrency } from '../base/codes.ts'
import { LANGUAGES } from '../base/language.ts'
import { decimalFault } from '../base/money.ts'
import { FIELDS } from '../messages/field.ts'

const STEPS_MAX = 20
const DAYS_MAX = 3_650
const TEXT_MAX_LENGTH = 2_000
const PERCENT_MAX = 100

/** The actions of the steps of a dunning plan. */
export const DUNNING_ACTIONS = ['reminder', 'fee', 'event', 'suspendRequest'] as const

/** How days are counted, and the days of a year. */
export const DAY_COUNTS = ['act/365', 'act/360', '30/360'] as const

const TEXT_RULE = FIELDS.reference(TEXT_MAX_LENGTH)
const DAYS_RULE = FIELDS.wholeNumber(1, DAYS_MAX)
const RATE_RULE = FIELDS.numberBetween(0, PERCENT_MAX)
const STEPS_RULE = FIELDS.dunningSteps(STEPS_MAX)

const text = z.string({ error: TEXT_RULE }).max(TEXT_MAX_LENGTH, { error: TEXT_RULE }).regex(/\S/, { error: TEXT_RULE })

const amount = z
  .number({ error: FIELDS.number() })
  .gt(0, { error: FIELDS.positive() })
  .superRefine((value, context) => {
    const message = decimalFault(String(value))
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
  })

const STEP = z
  .strictObject(
    {
      daysAfterDue: z
        .number({ error: DAYS_RULE })
        .int({ error: DAYS_RULE })
        .min(1, { error: DAYS_RULE })
        .max(DAYS_MAX, { error: DAYS_RULE })
        .meta({ description: 'Days after the due day of the bill, in the time zone of the tenant' }),
      action: z.enum(DUNNING_ACTIONS, { error: FIELDS.oneOf(DUNNING_ACTIONS) }),
      text: z
        .partialRecord(z.enum(LANGUAGES), text, { error: FIELDS.object() })
        .optional()
        .meta({ description: 'Words for the customer, by language; those of the tenant if the language is missing' }),
      amount: z
        .record(z.string().refine(isCurrency, { error: FIELDS.currency() }), amount, {
          error: ({ code }) => (code === 'invalid_key' ? FIELDS.currency() : FIELDS.object())
        })
        .optional()
        .meta({ description: 'Of a fee: its amount before tax by currency; bills in other currencies get none' }),
      taxCategory: z
        .string({ error: FIELDS.text() })
        .optional()
        .meta({ description: 'Of a fee: one of the taxes of the account; without it there is no tax' }),
      interest: z
        .strictObject(
          {
            yearlyRate: z
              .number({ error: RATE_RULE })
              .gt(0, { error: FIELDS.positive() })
              .max(PERCENT_MAX, { error: RATE_RULE })
              .meta({ description: 'In percent' }),
            dayCount: z.enum(DAY_COUNTS, { error: FIELDS.oneOf(DAY_COUNTS) })
          },
          { error: FIELDS.object() }
        )
        .optional()
        .meta({ description: 'Of a fee: late interest on what is due, since the due day or the last interest' })
    },
    { error: FIELDS.object() }
  )
  .superRefine(({ action, amount, taxCategory, interest }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (action === 'fee' && !amount && !interest) refuse('amount', FIELDS.requiredUnless(['interest']))
    if (action === 'fee') return
    for (const [name, given] of Object.entries({ amount, taxCategory, interest }))
      if (given !== undefined) refuse(name, FIELDS.ofFee())
  })

/** The steps that follow when a bill is not paid. */
export const DUNNING_PLAN = z.strictObject(
  {
    steps: z
      .array(STEP, { error: STEPS_RULE })
      .max(STEPS_MAX, { error: STEPS_RULE })
      .refine((steps) => new Set(steps.map((step) => `${step.daysAfterDue} ${step.action}`)).size === steps.length, {
        error: STEPS_RULE
      })
  },
  { error: FIELDS.object() }
)

export type DunningPlan = z.output<typeof DUNNING_PLAN>
export type PlannedStep = DunningPlan['steps'][number]
