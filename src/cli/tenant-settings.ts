import { parseJson } from '../http/body.ts'
import { suggestion } from '../tmf/query/suggestion.ts'
import { splitAssignment } from './assignments.ts'
import { type Arguments, type Context, Misuse } from './command.ts'
import { alignColumns } from './table.ts'

const SETTINGS: readonly (readonly [name: string, form: string, meaning: string])[] = [
  ['timeZone', 'IANA name', 'Zone in which its days begin, such as Europe/Berlin'],
  ['currency', 'ISO 4217', 'For new accounts without one'],
  ['language', 'en|de|fr', 'For new accounts without one'],
  ['billNumberPattern', 'text', 'Pattern of bill numbers'],
  ['creditNoteNumberPattern', 'text', 'Pattern of the numbers of credit notes'],
  ['correctionReasons', 'text,...', 'Codes of the reasons for which bills are corrected'],
  ['disputeReasons', 'text,...', 'Codes of the reasons for which customers dispute bills'],
  ['callChargeTypes', 'text,...', 'Types of rates that statements count as calls'],
  ['unknownAccounts', 'accept|refuse|create', 'For uploaded bills to accounts that are not here'],
  ['itemisation', 'n,type:n,...', 'Limit of listed lines, of all types and of single types; empty for none'],
  ['accountCodes', 'book:code,...', 'Codes of the chart of accounts by book or book/detail; empty for none'],
  ['correctionApprovalLimits', 'EUR:n,...', 'Amounts above which another user approves corrections; empty for none'],
  ['reviewRules', 'JSON', 'Rules that hold bills of a run, merged into those that are there; empty for none'],
  ['dunningPlan', 'JSON', 'Steps that follow when a bill is not paid; empty for none'],
  ['releaseRequires', 'emptyReview,secondUser', 'Requirements for the release of a run']
]
const NAMES = SETTINGS.map(([name]) => name)

export function readSettings(assignments: readonly string[]): Readonly<Record<string, unknown>> {
  const settings = new Map<string, unknown>()
  for (const assignment of assignments) {
    const [name, value] = splitAssignment(assignment)
    if (!NAMES.includes(name)) throw new Misuse(`a tenant has no ${name} to set${suggestion(name, NAMES)}`)
    if (settings.has(name)) throw new Misuse(`${name} is given twice`)
    const read = READERS[name]
    settings.set(name, read ? read(value) : value)
  }
  return Object.fromEntries(settings)
}

export function describeSettings(): string {
  return alignColumns(SETTINGS)
}

/** Reads the branding from standard input if `--branding-stdin` is set. Throws `invalidBody` for malformed JSON. */
export async function readBrandingInput(context: Context, { options }: Arguments): Promise<{ branding?: unknown }> {
  if (!options['branding-stdin']) return {}
  const branding = parseJson(Buffer.from(await context.readInput()))
  if (branding === undefined) throw new Misuse('there is no branding on standard input')
  return { branding }
}

const READERS: Readonly<Record<string, (value: string) => unknown>> = {
  callChargeTypes: listOf,
  correctionReasons: listOf,
  disputeReasons: listOf,
  itemisation,
  accountCodes,
  correctionApprovalLimits,
  reviewRules: (value) => jsonObject(value, 'reviewRules', '{"firstBill": true}'),
  dunningPlan: (value) => jsonObject(value, 'dunningPlan', '{"steps": [{"daysAfterDue": 7, "action": "reminder"}]}'),
  releaseRequires: listOf
}

/** Reads `100,usageCharge:20`: the limit of all types, and of one type; null for an empty text. Throws Misuse. */
function itemisation(value: string): unknown {
  const parts = listOf(value).map((part) => /^(?:(.+):)?(\d{1,9})$/.exec(part))
  if (parts.includes(null)) throw new Misuse('itemisation is written like 100,usageCharge:20')
  if (parts.length === 0) return null
  const limits = parts.map((found) => [found?.[1], Number(found?.[2])] as const)
  const [lines] = limits.flatMap(([type, limit]) => (type === undefined ? [limit] : []))
  const types = limits.filter(([type]) => type !== undefined)
  return { ...(lines !== undefined && { lines }), ...(types.length > 0 && { types: Object.fromEntries(types) }) }
}

/** Reads `receivable:1400,revenue/usageCharge:8400`; null for an empty text. Throws Misuse. */
function accountCodes(value: string): unknown {
  const parts = listOf(value).map((part) => /^(.+):(.+)$/.exec(part))
  if (parts.includes(null)) throw new Misuse('accountCodes is written like receivable:1400,revenue/usageCharge:8400')
  return parts.length === 0 ? null : Object.fromEntries(parts.map((found) => [found?.[1], found?.[2]]))
}

/** Reads `EUR:100,JPY:10000`; null for an empty text. Throws Misuse. */
function correctionApprovalLimits(value: string): unknown {
  const parts = listOf(value).map((part) => /^([A-Z]{3}):(\d{1,12}(?:\.\d{1,3})?)$/.exec(part))
  if (parts.includes(null)) throw new Misuse('correctionApprovalLimits is written like EUR:100,JPY:10000')
  return parts.length === 0 ? null : Object.fromEntries(parts.map((found) => [found?.[1], Number(found?.[2])]))
}

/** Reads a JSON object; null for an empty text. Throws Misuse. */
function jsonObject(value: string, name: string, example: string): unknown {
  if (value === '') return null
  const object = parseJson(Buffer.from(value))
  if (typeof object !== 'object') throw new Misuse(`${name} is JSON such as ${example}`)
  return object
}

function listOf(value: string): readonly string[] {
  return value === '' ? [] : value.split(',').map((element) => element.trim())
}
