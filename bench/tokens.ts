import { cases } from './cases.ts'
import { passwordGrants } from './credentials.ts'
import { TENANT } from './database.ts'
import type { Load, Loader, Stream } from './loader.ts'
import { type Measured, middle, ROUNDS } from './measure.ts'
import { type Sample, spread } from './sample.ts'
import type { Target } from './target.ts'

/** Reads by id, far below the server's capacity. */
const READS_PER_SECOND = 200
/** A little above the gate's limit, since tokens under way at the end of a round do not count. */
const TOKENS_PER_SECOND = 51
/** Every user signs in once, slowly: a running server knows most of them. */
const WARM_UP = { perSecond: 10, seconds: 5 }
/** A p99 needs more time than other figures. */
export const SECONDS_SHARE = 2.5

/** Reads at a fixed rate, without and with token requests at a fixed rate, and the tokens. */
export interface TokenResult {
  readonly quiet: Measured
  readonly issuing: Measured
  readonly tokens: Measured
}

/** Alternates quiet and busy rounds. Throws if any response is an error. */
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

/** Returns reads by id at the moderate load, of other bills in every round. */
export function readsById(sample: Sample, round: number): Stream {
  const byId = cases.find(({ name }) => name === 'by-id')
  return { perSecond: READS_PER_SECOND, requests: spread(sample.all, byId?.requests ?? (() => []), 1, round).flat() }
}

/** Throws if the round had a failure. */
export function sound(load: Load | undefined): Measured {
  if (!load || load.failures.length > 0) throw new Error(`requests failed: ${load?.failures.join(', ')}`)
  return load
}
