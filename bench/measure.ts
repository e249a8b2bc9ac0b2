import type { Case, Side } from './cases.ts'
import type { Load, Loader } from './loader.ts'
import { type Sample, spread } from './sample.ts'
import type { Target } from './target.ts'

/** Short rounds in turn spread a drift of the machine over all cases; the median counts. */
export const ROUNDS = 5

/** The median of a case's rounds. */
export type Measured = Omit<Load, 'failures'>

/** The servers on one database, with a sample of it. */
export interface Setting {
  readonly targets: Readonly<Partial<Record<Side, Target>>>
  readonly sample: Sample
}

export interface Subject {
  readonly each: Case
  readonly setting: Setting
  /** Runs a round beside something else. */
  readonly beside?: (round: () => Promise<Load>) => Promise<Load>
}

/**
 * Measures all subjects in turn, round after round, `seconds` each in all, after a warm-up. Returns the results in the
 * order of the subjects. Throws if any response is an error.
 */
export async function measure(
  loader: Loader,
  subjects: readonly Subject[],
  connections: number,
  seconds: number
): Promise<readonly Measured[]> {
  if (subjects.length > 0)
    console.log(
      `measuring on ${connections} connections: ${[...new Set(subjects.map(({ each }) => each.name))].join(', ')}`
    )
  const rounds: (readonly Load[])[] = []
  // Round 0 is the warm-up.
  for (let round = 0; round <= ROUNDS; round++) {
    const loads: Load[] = []
    for (const subject of subjects) {
      const { beside = (work) => work() } = subject
      loads.push(await beside(() => runRound(loader, subject, connections, seconds / ROUNDS, round)))
    }
    if (round > 0) rounds.push(loads)
  }
  return subjects.map((_, at) => middle(rounds.map((loads) => loads[at] as Load)))
}

/** Returns the median of each figure. */
export function middle(loads: readonly Measured[]): Measured {
  const of = (figure: (load: Measured) => number) => median(loads.map(figure))
  return { perSecond: of((load) => load.perSecond), p50Ms: of((load) => load.p50Ms), p99Ms: of((load) => load.p99Ms) }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function runRound(
  loader: Loader,
  { each, setting }: Subject,
  connections: number,
  seconds: number,
  round: number
): Promise<Load> {
  const bills = each.writes ? setting.sample.fresh : setting.sample.all
  const { origin, headers } = setting.targets[each.side] ?? {}
  if (origin === undefined || headers === undefined) throw new Error(`there is no ${each.side} server for ${each.name}`)
  const requests = spread(bills, each.requests, connections, round)
  const load = await loader.run({ origin, seconds, headers, requests })
  if (load.failures.length > 0) throw new Error(`${each.name} failed: ${load.failures.join(', ')}`)
  return load
}
