import type { Author } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import type { SecretKeys } from '../base/secret-keys.ts'
import type { Database } from '../db/database.ts'

export const OPTIONS = {
  tenant: { type: 'string', synopsis: '--tenant TENANT' },
  operator: { type: 'boolean', synopsis: '[--operator]' },
  'password-stdin': { type: 'boolean', synopsis: '[--password-stdin]' },
  'branding-stdin': { type: 'boolean', synopsis: '[--branding-stdin]' },
  overlap: { type: 'string', synopsis: '[--overlap SECONDS]' },
  algorithm: { type: 'string', synopsis: '[--algorithm EdDSA|ES256]' },
  head: { type: 'string', multiple: true, synopsis: '[--head HEAD]...' },
  cycle: { type: 'string', synopsis: '--cycle ID' },
  upload: { type: 'string', synopsis: '--upload ID' },
  run: { type: 'string', synopsis: '--run ID' },
  tolerance: { type: 'string', multiple: true, synopsis: '[--tolerance CURRENCY=AMOUNT]...' },
  'dry-run': { type: 'boolean', synopsis: '[--dry-run]' },
  period: { type: 'string', synopsis: '[--period MM-YYYY]' },
  state: { type: 'string', synopsis: '[--state new|validated|sent]' },
  wait: { type: 'boolean', synopsis: '[--wait]' },
  filter: { type: 'string', synopsis: '[--filter FILTER]' },
  accounts: { type: 'string', synopsis: '[--accounts NUMBER]' },
  bill: { type: 'string', multiple: true, synopsis: '--bill ID...' },
  reason: { type: 'string', synopsis: '--reason REASON' },
  event: { type: 'string', synopsis: '[--event ID]' },
  from: { type: 'string', synopsis: '[--from INSTANT]' },
  to: { type: 'string', synopsis: '[--to INSTANT]' },
  type: { type: 'string', multiple: true, synopsis: '[--type TYPE]...' },
  json: { type: 'boolean', synopsis: '[--json]' }
} as const

export type OptionName = keyof typeof OPTIONS

export const REQUIRED_OPTIONS: readonly OptionName[] = ['tenant', 'cycle', 'run']

export interface Arguments {
  readonly parameters: readonly string[]
  readonly assignments: readonly string[]
  readonly options: { readonly [Name in OptionName]?: OptionValue<(typeof OPTIONS)[Name]> | undefined }
}

type OptionValue<O> = O extends { multiple: true }
  ? readonly string[]
  : O extends { type: 'boolean' }
    ? boolean
    : string

export interface Usage {
  readonly description: string
  readonly details?: () => string
  /** Names of required arguments in order, e.g. `ID`. */
  readonly parameters?: readonly string[]
  readonly assignments?: 'required' | 'optional'
  readonly options?: readonly OptionName[]
  /** Options of which exactly one is required. */
  readonly either?: readonly OptionName[]
}

/** By name, of one word or two: `migrate`, `user create`. */
export type Usages = ReadonlyMap<string, Usage>

export interface Result {
  readonly text: string
  readonly isFailure?: boolean
}

export interface Screen {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

export interface Context {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly secrets: () => SecretKeys
  readonly actor: Author['actor']
  readonly readInput: () => Promise<string>
  readonly screen: Screen
  /** Prints a line of a result that comes bit by bit. */
  readonly print: (line: string) => void
  /** Tells of Ctrl-C to a command that runs until then. */
  readonly interruption: () => AbortSignal
  readonly startWork: () => Promise<{ stop(): Promise<void> }>
}

export type Work = (context: Context) => Promise<Result>

export interface Command extends Usage {
  /** Reads the arguments before anything is opened; throws Misuse. */
  readonly prepare: (args: Arguments) => Work
}

/** The command line is wrong. The message is one line without secrets. */
export class Misuse extends Error {}
