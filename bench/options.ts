import { parseArgs } from 'node:util'
import { attacks } from './attack-cases.ts'
import { cases } from './cases.ts'

/** Reads while tokens are issued; not a single case. */
export const TOKENS = 'tokens'

/** Rates posted as lines; not a single case. */
export const RATES = 'rates'

/** Bills of another system uploaded; not a single case. */
export const UPLOADS = 'uploads'

/** Balances of accounts with many rates, and holds; not a single case. */
export const BALANCES = 'balances'

/** Summaries and explanations of a large bill; not a single case. */
export const SUMMARIES = 'summaries'

/** Runs of cycles; not a single case. */
export const RUNS = 'runs'

/** Bills of another system compared with a run; not a single case. */
export const COMPARISON = 'comparison'

/** Deliveries of events; not a single case. */
export const EVENTS = 'events'

/** One tenant's effect on the reads of another; each attack has a name of its own, too. */
export const ATTACKS = 'attacks'

const NAMES = [
  ...cases.map(({ name }) => name),
  TOKENS,
  RATES,
  UPLOADS,
  BALANCES,
  SUMMARIES,
  RUNS,
  COMPARISON,
  EVENTS,
  ATTACKS,
  ...attacks.map(({ name }) => name)
]

export interface Options {
  readonly help: boolean
  readonly bills: number
  /** Accounts of the runs and of the comparison. */
  readonly accounts: number
  /** Rates of the database whose balances are read. */
  readonly rates: number
  /** Events of the largest backlog. */
  readonly events: number
  /** Rows of the large upload. */
  readonly rows: number
  /** Lines of a bill, and rates of an account, in attacks. */
  readonly lines: number
  /** Duration of each case, all rounds together. */
  readonly seconds: number
  readonly connections: number
  /** Selected cases; empty for all. */
  readonly only: readonly string[]
  /** Drops and fills existing databases. */
  readonly fresh: boolean
}

/** A mistake of the caller, in one line. */
export class UsageError extends Error {}

export const USAGE = `npm run bench [-- options]

  --bills N         bills in the database that is measured; default: 1000000
  --accounts N      accounts of the bill runs and of the comparison; default: 200000
  --rates N         rates of the database whose balances are read; default: 10000000
  --events N        events of the largest backlog; default: 1000000
  --rows N          rows of the large upload; default: 1000000
  --lines N         lines of the large bill and rates of the account that attacks ask for; default: 200000
  --seconds N       how long each case is measured, all rounds together; default: 8
  --connections N   connections that send at the same time; default: 32
  --only NAME       measure this case only; repeatable: ${NAMES.join(', ')}
  --fresh           drop and fill the databases, though they are there
  --help            show this

BENCH_DATABASE_URL names a Postgres whose user may create databases; without it the embedded one is started.`

/** Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { help = false, fresh = false, only = [], ...sizes } = parse(args)
  const { bills, accounts, rates, events, rows, lines, seconds, connections } = sizes
  const unknown = only.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: there is no such case; see --help`)
  return {
    help,
    fresh,
    only,
    bills: whole('--bills', bills ?? '1000000', 100, 100_000_000),
    accounts: whole('--accounts', accounts ?? '200000', 1_000, 10_000_000),
    rates: whole('--rates', rates ?? '10000000', 20_000, 100_000_000),
    events: whole('--events', events ?? '1000000', 1_000, 10_000_000),
    rows: whole('--rows', rows ?? '1000000', 1_000, 10_000_000),
    lines: whole('--lines', lines ?? '200000', 1_000, 1_000_000),
    seconds: whole('--seconds', seconds ?? '8', 1, 600),
    connections: whole('--connections', connections ?? '32', 1, 200)
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        bills: { type: 'string' },
        accounts: { type: 'string' },
        rates: { type: 'string' },
        events: { type: 'string' },
        rows: { type: 'string' },
        lines: { type: 'string' },
        seconds: { type: 'string' },
        connections: { type: 'string' },
        only: { type: 'string', multiple: true },
        fresh: { type: 'boolean' }
      }
    }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('. ')[0] : error}; see --help`)
  }
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`${name} takes a whole number from ${min} to ${max}`)
}
