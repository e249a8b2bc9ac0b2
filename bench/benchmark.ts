import { arch, cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { measureAttacks } from './attacks.ts'
import { measureBalances } from './balances.ts'
import { type Case, cases } from './cases.ts'
import { measureComparison } from './comparison.ts'
import { type BenchServer, postgresVersion, restoreBills } from './database.ts'
import { measureEvents } from './events.ts'
import { measureLargeUpload } from './large-upload.ts'
import { type Loader, startLoader } from './loader.ts'
import { type Measured, measure, type Setting, type Subject } from './measure.ts'
import {
  ATTACKS,
  BALANCES,
  COMPARISON,
  EVENTS,
  type Options,
  RATES,
  RUNS,
  SUMMARIES,
  TOKENS,
  UPLOADS
} from './options.ts'
import { measureRates } from './rates.ts'
import type { CaseResult, Memory, Report, ScalingResult } from './report.ts'
import { measureRuns } from './runs.ts'
import { drawSample } from './sample.ts'
import { measureSummaries } from './summaries.ts'
import { startBare, startOurs, type Target } from './target.ts'
import { measureTokens } from './tokens.ts'
import { measureUploads } from './uploads.ts'

/** The baseline of a larger table. */
const SMALL = 10_000
/** Scaling has twice as many subjects, on two numbers of connections: each gets this share of a case's time. */
const SCALING_SHARE = 0.25
/** Time until a started server is idle. */
const IDLE_MS = 2_000

/** Measures the selected cases, with all servers side by side and the load on one at a time. */
export async function benchmark(server: BenchServer, options: Options): Promise<Report> {
  const largeUrl = await server.open(options.bills, options.fresh)
  const smallUrl = options.bills > SMALL ? await server.open(SMALL, options.fresh) : undefined
  await using stack = new AsyncDisposableStack()
  stack.defer(() => restoreBills(largeUrl))
  const run = async <T extends { stop(): unknown }>(starting: T | Promise<T>): Promise<T> =>
    stack.adopt(await starting, async (started) => void (await started.stop()))

  const ours = await run(startOurs(largeUrl))
  const memory = await idleMemory(ours)
  const targets = { ours, static: await run(startBare()), bare: await run(startBare(largeUrl)) }
  const large = { targets, sample: await drawSample(largeUrl, options.bills) }
  const small = smallUrl && {
    targets: { ours: await run(startOurs(smallUrl)) },
    sample: await drawSample(smallUrl, SMALL)
  }
  const loader = await run(startLoader())
  const chosen = withTwins(options.only)
  const [reads, writes] = [chosen.filter((each) => !each.writes), chosen.filter((each) => each.writes)]
  const read = await measureCases(loader, reads, large, options)
  const scaling = small ? await measureScaling(loader, reads, { large, small }, options) : []
  const isAsked = (name: string) => options.only.length === 0 || options.only.includes(name)
  const tokens = isAsked(TOKENS) ? await measureTokens(loader, ours, large.sample, options.seconds) : undefined
  const written = await measureCases(loader, writes, large, options)
  const sent = await measureSent(server, ours, largeUrl, isAsked, options)
  const runs = isAsked(RUNS) ? await measureRuns(server, loader, options) : undefined
  const compared = await measureAmounts(server, options, isAsked)
  const setup = { loader, target: ours, setting: large, databaseUrl: largeUrl }
  const events = isAsked(EVENTS) ? await measureEvents(setup, options) : undefined
  const wanted = options.only.includes(ATTACKS) ? [] : options.only
  const attacks = await measureAttacks(largeUrl, wanted, options)
  const { bills, connections, seconds } = options
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model.trim() ?? arch(), node: process.version }
  return {
    at: new Date().toISOString(),
    ...{ bills, connections, seconds, scaling, memory },
    machine: { ...machine, postgres: await postgresVersion(largeUrl) },
    cases: withRatios([...read, ...written]),
    ...(tokens && { tokens }),
    ...{ ...sent, ...compared },
    ...(runs && { runs }),
    ...(events && { events }),
    ...(attacks.length > 0 && { attacks })
  }
}

/** Measures what other systems send in bulk. */
async function measureSent(
  server: BenchServer,
  target: Target,
  databaseUrl: string,
  isAsked: (name: string) => boolean,
  { rows }: Pick<Options, 'rows'>
): Promise<Pick<Report, 'rates' | 'uploads' | 'largeUpload'>> {
  return {
    ...(isAsked(RATES) && { rates: await measureRates(target, databaseUrl) }),
    ...(isAsked(UPLOADS) && { uploads: await measureUploads(target, databaseUrl) }),
    ...(isAsked(UPLOADS) && { largeUpload: await measureLargeUpload(server, rows) })
  }
}

/** Measures what reads the money of many accounts, on databases of its own. */
async function measureAmounts(
  server: BenchServer,
  options: Options,
  isAsked: (name: string) => boolean
): Promise<Pick<Report, 'balances' | 'summaries' | 'comparison'>> {
  return {
    ...(isAsked(BALANCES) && { balances: await measureBalances(server, options.rates, options.fresh) }),
    ...(isAsked(SUMMARIES) && { summaries: await measureSummaries(server, options.fresh) }),
    ...(isAsked(COMPARISON) && { comparison: await measureComparison(server, options) })
  }
}

async function idleMemory({ origin, headers, memory }: Target): Promise<Memory> {
  await delay(IDLE_MS)
  const started = memory()
  for (const path of ['customerBill?limit=2', 'customerBill?fields=id', 'billCycle']) {
    const response = await fetch(`${origin}/customerBillManagement/v4/${path}`, { headers })
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
    await response.text()
  }
  await delay(IDLE_MS)
  return { started, used: memory() }
}

/** Returns the selected cases with their baselines. */
function withTwins(only: readonly string[]): readonly Case[] {
  if (only.length === 0) return cases
  const twins = cases.flatMap(({ name, twin }) => (twin !== undefined && only.includes(name) ? [twin] : []))
  return cases.filter(({ name }) => only.includes(name) || twins.includes(name))
}

type Result = Case & Measured

async function measureCases(
  loader: Loader,
  chosen: readonly Case[],
  setting: Setting,
  { connections, seconds }: Options
): Promise<readonly Result[]> {
  const subjects = chosen.map((each): Subject => ({ each, setting }))
  const measured = await measure(loader, subjects, connections, seconds)
  return chosen.map((each, at) => ({ ...each, ...(measured[at] as Measured) }))
}

function withRatios(results: readonly Result[]): readonly CaseResult[] {
  return results.map(({ name, title, twin, perSecond, p50Ms, p99Ms }) => {
    const bare = results.find((other) => other.name === twin)
    const ratio = bare && { twin: bare.name, ratio: perSecond / bare.perSecond }
    return { name, title, perSecond, p50Ms, p99Ms, ...ratio }
  })
}

async function measureScaling(
  loader: Loader,
  reads: readonly Case[],
  { large, small }: { readonly large: Setting; readonly small: Setting },
  { connections, seconds }: Options
): Promise<readonly ScalingResult[]> {
  const indexed = reads.filter((each) => each.indexed)
  const subjects = indexed.flatMap((each): Subject[] => [large, small].map((setting) => ({ each, setting })))
  const results: ScalingResult[] = []
  for (const count of new Set([1, connections])) {
    const measured = await measure(loader, subjects, count, seconds * SCALING_SHARE)
    indexed.forEach(({ name, title }, at) => {
      const [largeMs = Number.NaN, smallMs = Number.NaN] = [0, 1].map((size) => measured[at * 2 + size]?.p50Ms)
      results.push({ name, title, connections: count, largeMs, smallMs })
    })
  }
  return results
}
