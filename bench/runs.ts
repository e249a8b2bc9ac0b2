import { setTimeout as delay } from 'node:timers/promises'
import { runBare } from './bare-run.ts'
import type { BenchServer } from './database.ts'
import { measureDemands } from './demands.ts'
import { measureDocuments } from './documents.ts'
import type { Loader } from './loader.ts'
import { type Measured, middle, ROUNDS } from './measure.ts'
import { CYCLE_ID, dropCopy, OLD_BILLS, openRunData, type RunData } from './run-data.ts'
import { drawSample } from './sample.ts'
import { startOurs, type Target } from './target.ts'
import { readsById, SECONDS_SHARE, sound } from './tokens.ts'

/** Share of the accounts billed by several processes. */
const SMALL_SHARE = 0.1
const PROCESSES = [1, 2, 4]
/** Small chunks keep all processes busy to the end. */
const SHARED_CHUNK_ACCOUNTS = 250
const POLL_MS = 200
/** Time until a stopped run has ended its work. */
const STOP_MS = 2_000

/** Shares of the accounts after which the memory is measured. */
const EARLY_SHARE = 0.1
const LATE_SHARE = 0.9

/** Bytes kept after a tenth and nine tenths of the accounts, and the peak resident memory. */
export interface RunMemory {
  readonly early: number
  readonly late: number
  readonly resident: number
}

export interface RunResult {
  readonly accounts: number
  /** Accounts per second: bare SQL, as the mean of before and after, and the server. */
  readonly bare: number
  readonly ours: number
  readonly memory: RunMemory
  /** Accounts of the smaller data. */
  readonly smallAccounts: number
  /** Reads by id at a fixed rate, without and with a run. */
  readonly reads: { readonly quiet: Measured; readonly running: Measured }
  /** Milliseconds within which 95 of 100 bills on demand are done, without and with a run. */
  readonly demands: { readonly quiet: number; readonly running: number }
  /** Median milliseconds for the PDF of a bill of the run. */
  readonly documentMs: number
  /** Bills per second issued by that many processes together. */
  readonly issuing: readonly { readonly processes: number; readonly perSecond: number }[]
}

/** Measures runs, each on a fresh copy of the same data. Throws if an account is not billed. */
export async function measureRuns(
  server: BenchServer,
  loader: Loader,
  { accounts, fresh, seconds }: { readonly accounts: number; readonly fresh: boolean; readonly seconds: number }
): Promise<RunResult> {
  const smallAccounts = Math.ceil(accounts * SMALL_SHARE)
  const small = await openRunData(server, smallAccounts, fresh)
  const large = await openRunData(server, accounts, fresh)
  try {
    console.log(`running the bills of ${accounts.toLocaleString('en')} accounts`)
    const before = await runBare(await large.copy(), accounts)
    const ours = await runOurs(large, 1)
    const after = await runBare(await large.copy(), accounts)
    console.log(`sharing runs of ${smallAccounts.toLocaleString('en')} accounts between processes`)
    const { documentMs } = await runOurs(small, 1)
    const issuing = []
    for (const processes of PROCESSES) {
      const { perSecond } = await runOurs(small, processes, { BILL_RUN_CHUNK_ACCOUNTS: `${SHARED_CHUNK_ACCOUNTS}` })
      issuing.push({ processes, perSecond })
    }
    console.log('reading bills beside a run')
    const reads = await measureReads(loader, await large.copy(), seconds)
    console.log('requesting bills beside a run')
    const demands = await measureDemandsBesideRun(await large.copy())
    const bare = (2 * accounts) / (before + after)
    const { perSecond, memory } = ours
    const measured = { reads, demands, documentMs, issuing }
    return { accounts, bare, ours: perSecond, memory, smallAccounts, ...measured }
  } finally {
    await dropCopy(server)
  }
}

/**
 * Runs with that many processes. Counts accounts per second from the request until it is seen to be done; then measures
 * its documents.
 */
async function runOurs(
  data: RunData,
  processes: number,
  settings: Readonly<Record<string, string>> = {}
): Promise<{ readonly perSecond: number; readonly memory: RunMemory; readonly documentMs: number }> {
  const url = await data.copy()
  await using stack = new AsyncDisposableStack()
  const targets: Target[] = []
  while (targets.length < processes) targets.push(stack.adopt(await startOurs(url, settings), (each) => each.stop()))
  const [target] = targets as [Target]
  const started = performance.now()
  let run = await start(target)
  const memory = { early: 0, late: 0, resident: 0 }
  while (isOpen(run)) {
    await delay(POLL_MS)
    memory.resident = Math.max(memory.resident, target.memory())
    run = await ask(target, run.id)
    const share = run.billed / data.accounts
    if (share >= EARLY_SHARE && memory.early === 0) memory.early = await target.keptMemory()
    if (share >= LATE_SHARE && memory.late === 0) memory.late = await target.keptMemory()
  }
  const seconds = (performance.now() - started) / 1000
  if (run.billed !== data.accounts) throw new Error(`a run billed ${run.billed} accounts of ${data.accounts}`)
  return { perSecond: data.accounts / seconds, memory, documentMs: await measureDocuments(target) }
}

/** Alternates quiet rounds and rounds with the run: cancels and resumes it in between. */
async function measureReads(loader: Loader, url: string, seconds: number): Promise<RunResult['reads']> {
  const sample = await drawSample(url, OLD_BILLS)
  await using stack = new AsyncDisposableStack()
  const target = stack.adopt(await startOurs(url), (each) => each.stop())
  const { origin, headers } = target
  const job = { origin, headers, seconds: (seconds * SECONDS_SHARE) / ROUNDS }
  const read = async (round: number) => sound((await loader.pace({ ...job, streams: [readsById(sample, round)] }))[0])
  await read(0)
  const [quiet, running]: [Measured[], Measured[]] = [[await read(1)], []]
  let run = await start(target)
  for (let round = 1; round <= ROUNDS && isOpen(run); round++) {
    const measured = await read(round * 2)
    run = await ask(target, run.id)
    // With few accounts, the run ends before the last round.
    if (!isOpen(run) && running.length > 0) break
    running.push(measured)
    if (!isOpen(run) || round === ROUNDS) break
    await ask(target, `${run.id}/cancel`, {})
    await delay(STOP_MS)
    quiet.push(await read(round * 2 + 1))
    run = await ask(target, `${run.id}/resume`, {})
  }
  return { quiet: middle(quiet), running: middle(running) }
}

/** Measures bills on demand after a warm-up, first alone, then with the run. */
async function measureDemandsBesideRun(url: string): Promise<RunResult['demands']> {
  await using stack = new AsyncDisposableStack()
  const target = stack.adopt(await startOurs(url), (each) => each.stop())
  await measureDemands(target, 0)
  const quiet = await measureDemands(target, 1)
  await start(target)
  const running = await measureDemands(target, 2)
  return { quiet, running }
}

interface Run {
  readonly id: string
  readonly state: string
  readonly billed: number
}

const isOpen = ({ state }: Run): boolean => state === 'queued' || state === 'running'

function start(target: Target): Promise<Run> {
  return ask(target, '', { billCycle: { id: CYCLE_ID }, billState: 'validated' })
}

/** Calls the API of runs; posts the body if there is one. */
async function ask({ origin, headers }: Target, path: string, body?: object): Promise<Run> {
  const posted = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${origin}/billing/v1/billRun${path && `/${path}`}`, {
    ...posted,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) }
  })
  if (!response.ok) throw new Error(`a run was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Run
}
