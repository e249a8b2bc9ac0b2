import type { Author } from '../audit/record.ts'
import type { Clock } from '../base/clock.ts'
import type { SecretKeys } from '../base/secret-keys.ts'
import type { Database } from '../db/database.ts'

/** What may follow a command with two dashes. */
export const OPTIONS = {
  tenant: { type: 'string', synopsis: '--tenant TENANT' },
  operator: { type: 'boolean', synopsis: '[--operator]' },
  'password-stdin': { type: 'boolean', synopsis: '[--password-stdin]' },
  'branding-stdin': { type: 'boolean', synopsis: '[--branding-stdin]' },
  overlap: { type: 'string', synopsis: '[--overlap SECONDS]' },
  algorithm: { type: 'string', synopsis: '[--algorithm EdDSA|ES256]' },
  head: { type: 'string', multiple: true, synopsis: '[--head HEAD]...' },
  cycle: { type: 'string', synopsis: '--cycle ID' },
  'dry-run': { type: 'boolean', synopsis: '[--dry-run]' },
  state: { type: 'string', synopsis: '[--state new|validated|sent]' },
  wait: { type: 'boolean', synopsis: '[--wait]' },
  filter: { type: 'string', synopsis: '[--filter FILTER]' },
  accounts: { type: 'string', synopsis: '[--accounts NUMBER]' },
  json: { type: 'boolean', synopsis: '[--json]' }
} as const

export type OptionName = keyof typeof OPTIONS

/** Those that must be there wherever they are taken. */
export const REQUIRED_OPTIONS: readonly OptionName[] = ['tenant', 'cycle']

/** What was said after the name of a command, checked for what the command takes. */
export interface Arguments {
  /** One for each that the command declares. */
  readonly parameters: readonly string[]
  /** As they were written, `name=value`. */
  readonly assignments: readonly string[]
  readonly options: {
    readonly tenant?: string | undefined
    readonly operator?: boolean | undefined
    readonly 'password-stdin'?: boolean | undefined
    readonly 'branding-stdin'?: boolean | undefined
    readonly overlap?: string | undefined
    readonly algorithm?: string | undefined
    readonly head?: readonly string[] | undefined
    readonly cycle?: string | undefined
    readonly 'dry-run'?: boolean | undefined
    readonly state?: string | undefined
    readonly wait?: boolean | undefined
    readonly filter?: string | undefined
    readonly accounts?: string | undefined
    readonly json?: boolean | undefined
  }
}

/** What a command takes, for reading its arguments and for saying how it is used. */
export interface Usage {
  /** One line. */
  readonly description: string
  /** What one must know to use it, in lines. */
  readonly details?: () => string
  /** Names of what must be there, in their order, e.g. `ID`. */
  readonly parameters?: readonly string[]
  /** Whether `name=value` follows, once or more, or as often as one likes. */
  readonly assignments?: 'required' | 'optional'
  readonly options?: readonly OptionName[]
}

/** Usages of commands by name, of one word or of two: `migrate`, `user create`. */
export type Usages = ReadonlyMap<string, Usage>

/** What a command prints, and whether it found something wrong. */
export interface Result {
  readonly text: string
  readonly isFailure?: boolean
}

/** Where work that takes long shows how far it is, apart from what it prints in the end. */
export interface Screen {
  /** Whether a line can be written over. */
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/** What commands on the database are handed. */
export interface Context {
  readonly database: Database
  readonly clock: Clock
  readonly newId: () => string
  /** What secrets are sealed with; throws a StartError where nobody said. */
  readonly secrets: () => SecretKeys
  /** Who the audit says did it. */
  readonly actor: Author['actor']
  /** All of standard input. */
  readonly readInput: () => Promise<string>
  readonly screen: Screen
  /** Works off the jobs of the billing in this process, beside others or alone, until it is stopped. */
  readonly startWork: () => Promise<{ stop(): Promise<void> }>
}

/** What is left to do once the arguments are understood; throws Problems. */
export type Work = (context: Context) => Promise<Result>

/** A command on the database. */
export interface Command extends Usage {
  /** Reads the arguments, before anything is opened; throws Misuse for what it cannot take. */
  readonly prepare: (args: Arguments) => Work
}

/** The command line says something that no command takes. The message is one line and holds no secret. */
export class Misuse extends Error {}
