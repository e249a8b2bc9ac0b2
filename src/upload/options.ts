import { z } from 'zod'
import { FIELDS } from '../messages/field.ts'
import { CONFLICTS, PASTS, STORED_STATES, type StoreOptions, type UploadKind } from './kind.ts'

const FLAGS = ['true', 'false'] as const
const DECIMALS = ['.', ','] as const

const flag = (description: string) =>
  z
    .enum(FLAGS, { error: FIELDS.oneOf(FLAGS) })
    .default('false')
    .meta({ description })

const COMMON = {
  dryRun: flag('Stores nothing; the results are the same'),
  atomic: flag('Stores all rows or none'),
  decimal: z
    .enum(DECIMALS, { error: FIELDS.oneOf(DECIMALS) })
    .default('.')
    .meta({ description: 'The decimal separator in texts' })
}

const OF_KINDS = {
  state: z
    .enum(STORED_STATES, { error: FIELDS.oneOf(STORED_STATES) })
    .default('sent')
    .meta({ description: 'The state of the bills' }),
  onConflict: z
    .enum(CONFLICTS, { error: FIELDS.oneOf(CONFLICTS) })
    .default('refuse')
    .meta({ description: 'What becomes of a row with other content than before' }),
  past: z
    .enum(PASTS, { error: FIELDS.oneOf(PASTS) })
    .default('refuse')
    .meta({ description: 'What becomes of a row that is due before today, or of a month before this one' })
}

const ALL = z.object({ ...COMMON, ...OF_KINDS })

/** Options as they are kept. */
export const UPLOAD_OPTIONS = z.object({
  dryRun: z.boolean(),
  atomic: z.boolean(),
  decimal: z.enum(DECIMALS),
  state: z.enum(STORED_STATES),
  onConflict: z.enum(CONFLICTS),
  // Uploads of earlier versions have none.
  past: z.enum(PASTS).default('refuse')
})

export type UploadOptions = z.output<typeof UPLOAD_OPTIONS>

/** Returns the query of an upload of a kind: the options of all uploads, and those that the kind takes. */
export function optionsQuery({ takes }: Pick<UploadKind, 'takes'>) {
  return z.strictObject({ ...COMMON, ...Object.fromEntries(takes.map((name) => [name, OF_KINDS[name]])) })
}

/** Reads what the query of an upload says. */
export function readOptions(query: unknown): UploadOptions {
  const { dryRun, atomic, ...others } = ALL.parse(query)
  return { ...others, dryRun: dryRun === 'true', atomic: atomic === 'true' }
}

export function storeOptions({ atomic, dryRun, state, onConflict, past }: UploadOptions): StoreOptions {
  return { isStrict: atomic, isDry: dryRun, state, onConflict, past }
}
