import { z } from 'zod'
import { isNumberPattern, NUMBER_PATTERN_RULE } from '../base/bill-number.ts'
import { isCountry, isCurrency } from '../base/codes.ts'
import { LANGUAGES } from '../base/language.ts'
import { decimalFault, isInMinorUnits } from '../base/money.ts'
import { isTimeZone } from '../base/time-zone.ts'
import { UNKNOWN_ACCOUNTS } from '../base/unknown-accounts.ts'
import { readBody } from '../http/read-body.ts'
import { decodeLogo, LOGO_RULE, looksLikeLogo } from '../image/logo.ts'
import { BOOKS } from '../ledger/post.ts'
import { ADMIN } from '../messages/admin.ts'
import { FIELDS } from '../messages/field.ts'
import { readFault } from '../messages/message.ts'
import { PLAIN_ID } from './attributes.ts'
import { DUNNING_PLAN } from './dunning-plan.ts'
import { RELEASE_REQUIREMENTS, REVIEW_RULES } from './review-rules.ts'

const NAME_MAX_LENGTH = 256
const CALL_TYPES_MAX = 50
const CALL_TYPE_MAX_LENGTH = 50
/** Longer lines of a branding fit no page. */
const LINE_MAX_LENGTH = 100
const CONTACT_LINES_MAX = 8

/** The database may know fewer zones than the runtime, so it is asked, too. */
export const TIME_ZONE_RULE = FIELDS.timeZone()
const REASONS_MAX = 50
const REASON_MAX_LENGTH = 50
const REASONS_RULE = FIELDS.correctionReasons(REASONS_MAX, REASON_MAX_LENGTH)
const CALL_TYPES_RULE = FIELDS.callChargeTypes(CALL_TYPES_MAX, CALL_TYPE_MAX_LENGTH)
const CONTACT_RULE = FIELDS.contact(CONTACT_LINES_MAX)
const PART_RULE = FIELDS.objectOrNull()
/** A bill of more lines lists none of them. */
const ITEMISED_LINES_MAX = 10_000
const ITEMISED_TYPES_MAX = 50
const ITEMISED_RULE = FIELDS.wholeNumber(0, ITEMISED_LINES_MAX)
const ITEMISED_TYPES_RULE = FIELDS.itemisedTypes(ITEMISED_TYPES_MAX)
const REQUIREMENTS_RULE = FIELDS.listOfSome(RELEASE_REQUIREMENTS)
const CODES_MAX = 200
const CODE_MAX_LENGTH = 50
const CODES_RULE = FIELDS.accountCodes(CODES_MAX, CODE_MAX_LENGTH, BOOKS)

function ruled(rule: string, isRight: (text: string) => boolean) {
  return z.string({ error: rule }).refine(isRight, { error: rule })
}

const name = ruled(
  FIELDS.name(NAME_MAX_LENGTH),
  (text) => text.length <= NAME_MAX_LENGTH && /\S/.test(text) && /^\P{Cc}*$/u.test(text)
)
const id = ruled(FIELDS.pattern(PLAIN_ID.source), (text) => PLAIN_ID.test(text))
const line = ruled(
  FIELDS.line(1, LINE_MAX_LENGTH),
  (text) => text.length <= LINE_MAX_LENGTH && /^\P{Cc}+$/u.test(text)
).optional()

const BRANDING = z.strictObject({
  // requireLogo decodes it, which takes longer.
  logo: ruled(LOGO_RULE, looksLikeLogo).optional(),
  colour: ruled(FIELDS.colour(), (text) => /^#[0-9a-fA-F]{6}$/.test(text)).optional(),
  address: part({
    line1: line,
    line2: line,
    postalCode: line,
    city: line,
    state: line,
    country: ruled(FIELDS.country(), (text) => isCountry(text) && text.length === 2).optional()
  }),
  contact: z.array(line.unwrap(), { error: CONTACT_RULE }).max(CONTACT_LINES_MAX, { error: CONTACT_RULE }).optional(),
  bank: part({ name: line, iban: line, bic: line }),
  taxNumber: line
})

const lines = z.number({ error: ITEMISED_RULE }).int({ error: ITEMISED_RULE })
const itemised = lines.min(0, { error: ITEMISED_RULE }).max(ITEMISED_LINES_MAX, { error: ITEMISED_RULE })

/** Limits of listed lines: of each type, and of single types. */
const ITEMISATION = z.strictObject({
  lines: itemised.optional(),
  types: z
    .record(z.string().max(CALL_TYPE_MAX_LENGTH, { error: CALL_TYPES_RULE }), itemised, { error: ITEMISED_TYPES_RULE })
    .refine((types) => Object.keys(types).length <= ITEMISED_TYPES_MAX, { error: ITEMISED_TYPES_RULE })
    .optional()
})

/** By book, or by book and detail with a slash between. */
const ACCOUNT_CODES = z
  .record(z.string(), z.string({ error: CODES_RULE }), { error: CODES_RULE })
  .refine(areAccountCodes, { error: CODES_RULE })

function areAccountCodes(codes: Readonly<Record<string, string>>): boolean {
  const isRight = ([key, code]: readonly [string, string]) =>
    BOOKS.some((book) => key === book || key.startsWith(`${book}/`)) && areCodes([code], 1, CODE_MAX_LENGTH)
  return Object.keys(codes).length <= CODES_MAX && Object.entries(codes).every(isRight)
}

const LIMITS_RULE = FIELDS.approvalLimits()
const APPROVAL_LIMITS = z
  .record(z.string(), z.number({ error: LIMITS_RULE }), { error: LIMITS_RULE })
  .refine(areLimits, { error: LIMITS_RULE })

function areLimits(limits: Readonly<Record<string, number>>): boolean {
  return Object.entries(limits).every(([currency, amount]) => {
    const isAmount = amount >= 0 && decimalFault(String(amount)) === undefined
    return isCurrency(currency) && isAmount && isInMinorUnits(amount, currency)
  })
}

const LOGO = z.object({ logo: z.string() })

function part<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, { error: FIELDS.object() }).optional()
}

const PLAIN = {
  timeZone: ruled(TIME_ZONE_RULE, isTimeZone)
    .optional()
    .meta({ description: 'IANA name; days, months and cycles begin there' }),
  currency: ruled(FIELDS.currency(), isCurrency)
    .optional()
    .meta({ description: 'ISO 4217; of new accounts that name none' }),
  language: z
    .enum(LANGUAGES, { error: FIELDS.oneOf(LANGUAGES) })
    .optional()
    .meta({ description: 'Of new accounts that name none, and of documents without an account' }),
  billNumberPattern: ruled(NUMBER_PATTERN_RULE, isNumberPattern)
    .optional()
    .meta({ description: 'How bills are numbered, such as INV-{yyyy}-{000001}' }),
  creditNoteNumberPattern: ruled(NUMBER_PATTERN_RULE, isNumberPattern)
    .optional()
    .meta({ description: 'How credit notes are numbered, such as CRN-{yyyy}-{000001}' }),
  correctionReasons: z
    .array(z.string({ error: REASONS_RULE }), { error: REASONS_RULE })
    .refine(areReasons, { error: REASONS_RULE })
    .optional()
    .meta({ description: 'Codes of the reasons for which bills are corrected' }),
  disputeReasons: z
    .array(z.string({ error: REASONS_RULE }), { error: REASONS_RULE })
    .refine(areReasons, { error: REASONS_RULE })
    .optional()
    .meta({ description: 'Codes of the reasons for which customers dispute bills' }),
  callChargeTypes: z
    .array(z.string({ error: CALL_TYPES_RULE }), { error: CALL_TYPES_RULE })
    .refine(areCallTypes, { error: CALL_TYPES_RULE })
    .optional()
    .meta({ description: 'Types of rates that statements count as calls' }),
  unknownAccounts: z
    .enum(UNKNOWN_ACCOUNTS, { error: FIELDS.oneOf(UNKNOWN_ACCOUNTS) })
    .optional()
    .meta({
      description: 'The fate of uploaded bills to unknown accounts: accepted, refused, or each creates its account'
    }),
  releaseRequires: z
    .array(z.enum(RELEASE_REQUIREMENTS, { error: REQUIREMENTS_RULE }), { error: REQUIREMENTS_RULE })
    .refine((given) => new Set(given).size === given.length, { error: REQUIREMENTS_RULE })
    .optional()
    .meta({
      description: 'What the release of a run requires: that no bill is in review, a user who did not start it'
    })
}

function areCallTypes(types: readonly string[]): boolean {
  return areCodes(types, CALL_TYPES_MAX, CALL_TYPE_MAX_LENGTH)
}

function areReasons(reasons: readonly string[]): boolean {
  return reasons.length > 0 && areCodes(reasons, REASONS_MAX, REASON_MAX_LENGTH)
}

function areCodes(texts: readonly string[], max: number, maxLength: number): boolean {
  const isRight = (text: string) => text.length <= maxLength && /^\P{Cc}+$/u.test(text)
  return texts.length <= max && new Set(texts).size === texts.length && texts.every(isRight)
}

export const TENANT_CREATION = z.strictObject({
  ...{ id, name, ...PLAIN },
  branding: BRANDING.optional().meta({ description: 'How documents show it' }),
  itemisation: ITEMISATION.optional().meta({ description: 'How many lines documents list; all when left out' }),
  accountCodes: ACCOUNT_CODES.optional().meta({
    description: 'Codes of the chart of accounts by book, or by book and detail, such as `revenue/usageCharge`'
  }),
  correctionApprovalLimits: APPROVAL_LIMITS.optional().meta({
    description:
      'Amounts by currency above which another user approves corrections; with any, currencies without one have 0'
  }),
  reviewRules: REVIEW_RULES.optional().meta({ description: 'What holds bills of a run until someone looks at them' }),
  dunningPlan: DUNNING_PLAN.optional().meta({ description: 'The steps that follow when a bill is not paid' })
})

const patched = z.record(z.string(), z.unknown(), { error: PART_RULE }).nullable().optional()

/** A merge patch; its parts are checked once they are merged. */
export const TENANT_CHANGE = z.strictObject({
  name: name.optional(),
  ...PLAIN,
  branding: patched.meta({ description: 'Merged into what is there; null removes it' }),
  itemisation: patched.meta({ description: 'Merged into what is there; null lists all lines' }),
  accountCodes: patched.meta({ description: 'Merged into what is there; null removes all' }),
  correctionApprovalLimits: patched.meta({ description: 'Merged into what is there; null removes all' }),
  reviewRules: patched.meta({ description: 'Merged into what is there; null removes all' }),
  dunningPlan: patched.meta({ description: 'Takes the place of what is there; null removes it' })
})

const CHANGEABLE = Object.keys(TENANT_CHANGE.shape)

export type TenantSettings = Omit<z.output<typeof TENANT_CREATION>, 'id' | 'name'>
export type TenantPatch = z.output<typeof TENANT_CHANGE>

export function readTenantPatch(body: unknown): TenantPatch {
  const patch = readBody(TENANT_CHANGE, body)
  requireChange(patch)
  return patch
}

/** Throws `invalidBody` for a patch that says nothing. */
export function requireChange(patch: TenantPatch): void {
  if (Object.keys(patch).length > 0) return
  throw ADMIN.nothingToChange(CHANGEABLE)
}

/** Decodes the logo of a branding or its patch. Slow: call it before the transaction. Throws `invalidField`. */
export async function requireLogo(branding: unknown): Promise<void> {
  const logo = LOGO.safeParse(branding).data?.logo
  if (logo === undefined || (await decodeLogo(logo))) return
  throw ADMIN.logo(readFault(LOGO_RULE).text)
}

const PART_SHAPES = {
  branding: BRANDING,
  itemisation: ITEMISATION,
  accountCodes: ACCOUNT_CODES,
  correctionApprovalLimits: APPROVAL_LIMITS,
  reviewRules: REVIEW_RULES,
  dunningPlan: DUNNING_PLAN
} as const
/** Settings with members, into which a patch is merged. */
export const PARTS = [
  'branding',
  'itemisation',
  'accountCodes',
  'correctionApprovalLimits',
  'reviewRules',
  'dunningPlan'
] as const satisfies readonly (keyof typeof PART_SHAPES)[]

/** Checks a merged part, without pixels. Throws `invalidField` with every finding and its JSON path. */
export function requirePart(part: (typeof PARTS)[number], value: unknown): void {
  readBody(z.strictObject({ [part]: PART_SHAPES[part] }), { [part]: value })
}
