import { cases } from './cases.ts'
import { passwordGrants } from './credentials.ts'
import { TENANT } from './database.ts'
import type { Load, Loader, Stream } from './loader.ts'
import { type Measured, middle, ROUNDS } from './measure.ts'
import { type Sample, spread } from './sample.ts'
import type { Target } from './target.ts'

/** Reads of bills by id: a moderate load, far from what the server can do. */
const READS_PER_SECOND = 200
/** A little more than the limit of the gate: those on their way when a round ends are not to count against it. */
const TOKENS_PER_SECOND = 51
/** Before it counts, every user signs in once, in a more leisurely way: a server that runs has met most of them. */
const WARM_UP = { perSecond: 10, seconds: 5 }
/** A p99 needs more time than the other figures do. */
export const SECONDS_SHARE = 2.5

/** Reads at a fixed rate without and with token requests at a fixed rate beside them, and these. */
export interface TokenResult {
  readonly quiet: Measured
  readonly issuing: Measured
  readonly tokens: Measured
}

/** Measures in quiet and busy rounds by turns. Throws when any answer of any round is an error. */
export async function measureTokens(
  loader: Loader,
  { origin, headers }: Target,
  sample: Sample,
  seconds: number
): Promise<TokenResult> {
  console.log(`measuring ${READS_PER_SECOND} reads by id per second, and ${TOKENS_PER_SECOND} tokens beside them`)
  const requests = passwordGrants(TENANT)
  const tokens: Stream = { perSecond: TOKENS_PER_SECOND, requests }
  const warmUp = [readsById(sample, 0), { perSecond: WARM_UP.perSecond, requests }]
  for (const load of await loader.pace({ origin, headers, seconds: WARM_UP.seconds, streams: warmUp })) sound(load)
  const rounds: TokenResult[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const job = { origin, headers, seconds: (seconds * SECONDS_SHARE) / ROUNDS }
    const [quiet] = await loader.pace({ ...job, streams: [readsById(sample, round * 2)] })
    const [issuing, issued] = await loader.pace({ ...job, streams: [readsById(sample, round * 2 + 1), tokens] })
    rounds.push({ quiet: sound(quiet), issuing: sound(issuing), tokens: sound(issued) })
  }
  return {
    quiet: middle(rounds.map(({ quiet }) => quiet)),
    issuing: middle(rounds.map(({ issuing }) => issuing)),
    tokens: middle(rounds.map((each) => each.tokens))
  }
}

/** Bills by id of a sample at the moderate load, other ones in every round. */
export function readsById(sample: Sample, round: number): Stream {
  const byId = cases.find(({ name }) => name === 'by-id')
  return { perSecond: READS_PER_SECOND, requests: spread(sample.all, byId?.requests ?? (() => []), 1, round).flat() }
}

/** The figures of a round in which all went well. Throws otherwise. */
export function sound(load: Load | undefined): Measured {
  if (!load || load.failures.length > 0) throw new Error(`requests failed: ${load?.failures.join(', ')}`)
  return load
}
