import { parseJson } from '../tmf/body.ts'
import { suggestion } from '../tmf/suggestion.ts'
import { splitAssignment } from './assignments.ts'
import { type Arguments, type Context, Misuse } from './command.ts'
import { alignColumns } from './table.ts'

/** What may be assigned: in which form, and what it means. */
const SETTINGS: readonly (readonly [name: string, form: string, meaning: string])[] = [
  ['timeZone', 'IANA name', 'Where its days begin, such as Europe/Berlin'],
  ['currency', 'ISO 4217', 'Of new accounts that name none'],
  ['language', 'en|de|fr', 'Of new accounts that name none'],
  ['billNumberPattern', 'text', 'Of the numbers of bills'],
  ['callChargeTypes', 'text,...', 'Types of rates that statements count as calls']
]
const NAMES = SETTINGS.map(([name]) => name)

/** The settings that assignments `name=value` stand for. Throws Misuse for other names. */
export function readSettings(assignments: readonly string[]): Readonly<Record<string, unknown>> {
  const settings = new Map<string, unknown>()
  for (const assignment of assignments) {
    const [name, value] = splitAssignment(assignment)
    if (!NAMES.includes(name)) throw new Misuse(`a tenant has no ${name} to set${suggestion(name, NAMES)}`)
    if (settings.has(name)) throw new Misuse(`${name} is given twice`)
    settings.set(name, name === 'callChargeTypes' ? listOf(value) : value)
  }
  return Object.fromEntries(settings)
}

/** The settings, one line for each. */
export function describeSettings(): string {
  return alignColumns(SETTINGS)
}

/** The branding on standard input, where `--branding-stdin` asks for it. Throws `invalidBody` for what is no JSON. */
export async function readBrandingInput(context: Context, { options }: Arguments): Promise<{ branding?: unknown }> {
  if (!options['branding-stdin']) return {}
  const branding = parseJson(Buffer.from(await context.readInput()))
  if (branding === undefined) throw new Misuse('there is no branding on standard input')
  return { branding }
}

/** None for an empty text. */
function listOf(value: string): readonly string[] {
  return value === '' ? [] : value.split(',').map((element) => element.trim())
}
