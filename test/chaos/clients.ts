import { setTimeout as delay } from 'node:timers/promises'
import { CREDENTIAL } from '../process/server-process.ts'
import { parsed } from '../support/answer.ts'
import { BASE } from '../support/server.ts'
import { until } from '../support/until.ts'
import type { ChaosWorld } from './world.ts'

/** Acknowledged work, which must exist once in the end. */
export interface Log {
  /** Payments by reference; the rest by id. */
  readonly payments: Map<string, { readonly id: string; readonly value: number }>
  readonly rates: Set<string>
  readonly demands: Set<string>
  readonly released: Set<string>
  /** Sent references, acknowledged or not. */
  readonly sentReferences: Set<string>
  readonly sentRates: Set<string>
  /** Counts acknowledged work. */
  count(): number
}

/** Clients at work until they are stopped; they finish their present request. */
export interface Clients {
  readonly log: Log
  stop(): Promise<void>
}

const PAUSE_MS = 20
const ANSWER_LIMIT_MS = 15_000
const LINES = 5
const RATE_DATE = '2020-01-01T00:00:00Z'

/** Pays, uploads, requests bills, runs and releases, each in a loop, repeated until accepted. */
export function startClients(world: ChaosWorld, random: () => number): Clients {
  const log = newLog()
  let isStopping = false
  const loop = async (act: (turn: number) => Promise<void>) => {
    for (let turn = 0; !isStopping; turn++) await act(turn)
  }
  const account = () => String(world.accounts[Math.floor(random() * world.accounts.length)])
  const work = [
    loop((turn) => pay(world, log, account(), `payment ${turn}`, 1 + Math.floor(random() * 100))),
    loop((turn) => upload(world, log, account(), turn)),
    loop(() => demand(world, log, account())),
    loop((turn) => runAndRelease(world, log, turn))
  ]
  return {
    log,
    stop: async () => {
      isStopping = true
      await Promise.all(work)
    }
  }
}

function newLog(): Log {
  const log = {
    payments: new Map<string, { readonly id: string; readonly value: number }>(),
    rates: new Set<string>(),
    demands: new Set<string>(),
    released: new Set<string>(),
    sentReferences: new Set<string>(),
    sentRates: new Set<string>()
  }
  const kept = [log.payments, log.rates, log.demands, log.released]
  return { ...log, count: () => kept.reduce((sum, { size }) => sum + size, 0) }
}

async function pay(world: ChaosWorld, log: Log, account: string, reference: string, value: number): Promise<void> {
  log.sentReferences.add(reference)
  const amount = { unit: 'EUR', value }
  const body = { billingAccount: { id: account }, amount, method: 'card', reference }
  const { id } = parsed(await sent(world, '/billing/v1/payment', JSON.stringify(body)))
  log.payments.set(reference, { id, value })
}

async function upload(world: ChaosWorld, log: Log, account: string, turn: number): Promise<void> {
  const ids = Array.from({ length: LINES }, (_, line) => `rate ${turn} ${line}`)
  for (const id of ids) log.sentRates.add(id)
  const lines = ids.map((externalId) => ({
    externalId,
    billingAccount: { id: account },
    type: 'usageCharge',
    date: RATE_DATE,
    taxExcludedAmount: { unit: 'EUR', value: 1.005 }
  }))
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  // Each line has its own result: some may be stored and others not.
  await until('all rates are taken', async () => {
    const answer = await sent(world, `${BASE}/appliedCustomerBillingRate`, text, 'application/x-ndjson')
    const states = answer
      .trim()
      .split('\n')
      .map((line) => parsed(line).status)
    for (const [at, state] of states.entries()) {
      if (['created', 'duplicate'].includes(state)) log.rates.add(String(ids[at]))
      else if (state === 'refused') throw new Error(`a rate was refused: ${answer}`)
    }
    return ids.every((id) => log.rates.has(id))
  })
}

async function demand(world: ChaosWorld, log: Log, account: string): Promise<void> {
  const body = JSON.stringify({ billingAccount: { id: account } })
  log.demands.add(parsed(await sent(world, `${BASE}/customerBillOnDemand`, body)).id)
}

/** Bills month after month from 2020 on: waits for each run and releases its bills. */
async function runAndRelease(world: ChaosWorld, log: Log, turn: number): Promise<void> {
  const month = (at: number) => new Date(Date.UTC(2020, at, 1)).toISOString()
  const cycle = {
    name: `Cycle ${turn}`,
    billingDate: month(turn + 1),
    validFor: { startDateTime: month(turn), endDateTime: month(turn + 1) },
    BillCycleSpecification: { id: world.specificationId }
  }
  const { id: cycleId } = parsed(await sent(world, `${BASE}/billCycle`, JSON.stringify(cycle)))
  const run = await started(world, cycleId)
  await until('the run ends', async () => {
    const { state, failure } = parsed(await sent(world, `/billing/v1/billRun/${run}`))
    if (!['queued', 'running', 'done'].includes(state)) throw new Error(`the run ${run} is ${state}: ${failure}`)
    return state === 'done'
  })
  await sent(world, `/billing/v1/billRun/${run}/release`, JSON.stringify({ state: 'sent' }))
  log.released.add(run)
}

/** Finds a run by its cycle if the response was lost. */
async function started(world: ChaosWorld, cycleId: string): Promise<string> {
  const body = JSON.stringify({ billCycle: { id: cycleId }, billState: 'new' })
  const answer = await sent(world, '/billing/v1/billRun', body, 'application/json', [409])
  const { id } = parsed(answer)
  if (id) return id
  const [run] = parsed(await sent(world, `/billing/v1/billRun?billCycle.id=${cycleId}`))
  return run.id
}

/** Sends a request to the servers in turn until one accepts it. Returns the response text. */
async function sent(
  { servers }: ChaosWorld,
  path: string,
  body?: string,
  type = 'application/json',
  alsoTaken: readonly number[] = []
): Promise<string> {
  let attempt = 0
  const taken = await until(`${path} is taken`, async () => {
    const root = String(servers[attempt++ % servers.length]?.root)
    const answer = await fetch(root + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...CREDENTIAL, ...(body !== undefined && { 'Content-Type': type }) },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS)
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined)
    if (answer && (answer.status < 300 || alsoTaken.includes(answer.status))) return answer
    if (answer && ![408, 429, 503].includes(answer.status)) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    await delay(PAUSE_MS)
    return undefined
  })
  return taken.text
}
