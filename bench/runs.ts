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

/** The data that several processes bill is so much smaller. */
const SMALL_SHARE = 0.1
const PROCESSES = [1, 2, 4]
/** Small chunks for several processes: none has nothing left to do while others do. */
const SHARED_CHUNK_ACCOUNTS = 250
const POLL_MS = 200
/** So long after a run was told to stop, what it was at is done. */
const STOP_MS = 2_000

/** Shares of the accounts after which it is asked what a run keeps in memory. */
const EARLY_SHARE = 0.1
const LATE_SHARE = 0.9

/** Bytes that the server keeps when a tenth of the accounts are billed, and nine tenths; the most it had resident. */
export interface RunMemory {
  readonly early: number
  readonly late: number
  readonly resident: number
}

/** Bill runs over many accounts. */
export interface RunResult {
  readonly accounts: number
  /** Accounts a second: by the bare SQL before and after, in the mean, and by the server. */
  readonly bare: number
  readonly ours: number
  readonly memory: RunMemory
  /** Accounts of the smaller data. */
  readonly smallAccounts: number
  /** Reads of bills by id at a fixed rate, without and with a run beside them. */
  readonly reads: { readonly quiet: Measured; readonly running: Measured }
  /** Milliseconds within which 95 of 100 bills on demand are done, without and with a run beside them. */
  readonly demands: { readonly quiet: number; readonly running: number }
  /** Milliseconds that the PDF of a bill of the run takes, in the middle. */
  readonly documentMs: number
  /** Bills a second that so many processes of the server issue together. */
  readonly issuing: readonly { readonly processes: number; readonly perSecond: number }[]
}

/** Measures runs, each on a fresh copy of the same data. Throws when a run leaves any account unbilled. */
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
    const { documentMs } = await runOurs(small, 1)
    const issuing = []
    for (const processes of PROCESSES) {
      const { perSecond } = await runOurs(small, processes, { BILL_RUN_CHUNK_ACCOUNTS: `${SHARED_CHUNK_ACCOUNTS}` })
      issuing.push({ processes, perSecond })
    }
    const reads = await measureReads(loader, await large.copy(), seconds)
    const demands = await measureDemandsBesideRun(await large.copy())
    const bare = (2 * accounts) / (before + after)
    const { perSecond, memory } = ours
    const measured = { reads, demands, documentMs, issuing }
    return { accounts, bare, ours: perSecond, memory, smallAccounts, ...measured }
  } finally {
    await dropCopy(server)
  }
}

/** A run by so many processes: accounts a second from the request until it is seen to be done; then its documents. */
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

/** Quiet rounds and rounds with the run going on by turns: it is cancelled and resumed between them. */
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
    // Where accounts are few, the run ends before the last round does.
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

/** After some for warming up, bills on demand alone, and with the run going on. */
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

/** Asks the API of runs: posts a body where there is one. */
async function ask({ origin, headers }: Target, path: string, body?: object): Promise<Run> {
  const posted = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${origin}/billing/v1/billRun${path && `/${path}`}`, {
    ...posted,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) }
  })
  if (!response.ok) throw new Error(`a run was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Run
}
