import type { Warnings } from '../jobs/warnings.ts'
import { claimLeases, type ListenerKey, nameOf, renewLeases } from './lease.ts'
import { listenersDue, tenantsWithEvents } from './look.ts'
import { horizon } from './outbox.ts'
import { type DeliveryContext, deliverRound, FIRST_LIMIT, type Line } from './round.ts'
import { fairSlots, type KeyedSlots } from './slots.ts'

/** The listeners that a process has leased, and where it is with them. */
export interface Desk {
  readonly leased: Map<string, Leased>
  /** By tenants, as the next ones. */
  readonly sound: KeyedSlots
  readonly failing: KeyedSlots
  /** The last horizon. */
  seen: number
  /** In ms of `performance.now()`, as the next one. */
  claimedAt: number
  renewedAt: number
}

interface Leased {
  readonly line: Line
  /** There may be something to do beside new events. */
  isDue: boolean
  /** In ms of `performance.now()`. */
  restsUntil: number
  working: Promise<void> | undefined
}

/** Between two looks for listeners and for further tries. */
const LISTENERS_MS = 1_000
/** A third of a lease. */
const RENEWAL_MS = 3_000
const REST_MS = 1_000
const LISTENERS_MAX = 10_000
const CLAIMED_MAX = 100
/** Rounds at the same time hold their events in memory. Failing and slow listeners take no places of the others. */
const ROUNDS_MAX = 64
const FAILING_ROUNDS_MAX = 32
/** Of one tenant. */
const SHARE_MAX = 0.75

export function openDesk(): Desk {
  return {
    leased: new Map(),
    sound: fairSlots(ROUNDS_MAX, ROUNDS_MAX * SHARE_MAX),
    failing: fairSlots(FAILING_ROUNDS_MAX, FAILING_ROUNDS_MAX * SHARE_MAX),
    seen: 0,
    claimedAt: Number.NEGATIVE_INFINITY,
    renewedAt: performance.now()
  }
}

/** Looks for listeners and events, and begins rounds where there is something to do. */
export async function lookAround(context: DeliveryContext, desk: Desk, warnings: Warnings): Promise<void> {
  if (performance.now() - desk.claimedAt >= LISTENERS_MS) await lookForListeners(context, desk)
  if (desk.leased.size === 0) return
  await lookForEvents(context, desk)
  for (const one of desk.leased.values()) if (!one.working && hasWork(one)) begin(context, desk, warnings, one)
}

export function linesOf({ leased }: Desk): readonly Line[] {
  return [...leased.values()].map(({ line }) => line)
}

/** Resolves when no round is under way. */
export async function whenIdle({ leased }: Desk): Promise<void> {
  await Promise.all([...leased.values()].map(({ working }) => working))
}

async function lookForListeners({ database, clock, newId }: DeliveryContext, desk: Desk): Promise<void> {
  const { leased } = desk
  desk.claimedAt = performance.now()
  if (desk.claimedAt - desk.renewedAt >= RENEWAL_MS) await renew(database, desk)
  const room = Math.min(LISTENERS_MAX - leased.size, CLAIMED_MAX)
  const found = await claimLeases(database, newId(), clock(), room)
  // There are probably more.
  if (found.length === CLAIMED_MAX) desk.claimedAt = Number.NEGATIVE_INFINITY
  for (const { failures, ...claimed } of found) {
    const line: Line = { ...claimed, target: 0, limit: FIRST_LIMIT, isFailing: failures > 0, isSlow: false }
    leased.set(keyOf(claimed), { line, isDue: true, restsUntil: 0, working: undefined })
  }
  if (leased.size === 0) return
  for (const key of await listenersDue(database, clock())) {
    const one = leased.get(keyOf(key))
    if (one) one.isDue = true
  }
}

async function renew(database: DeliveryContext['database'], desk: Desk): Promise<void> {
  desk.renewedAt = performance.now()
  const present = [...desk.leased.values()]
  const kept = await renewLeases(
    database,
    present.map(({ line }) => line)
  )
  // A round under way learns by itself that its lease is lost.
  for (const one of present) if (!kept.has(nameOf(one.line)) && !one.working) leave(desk, one)
}

async function lookForEvents({ database }: DeliveryContext, desk: Desk): Promise<void> {
  const until = await horizon(database)
  const lines = linesOf(desk)
  const tenants = [...new Set(lines.map(({ tenantId }) => tenantId))]
  const busy = until > desk.seen ? await tenantsWithEvents(database, tenants, desk.seen, until) : new Set()
  for (const line of lines) if (line.target === 0 || busy.has(line.tenantId)) line.target = until
  desk.seen = until
}

function begin(context: DeliveryContext, desk: Desk, warnings: Warnings, one: Leased): void {
  const { line } = one
  one.isDue = false
  const rounds = line.isFailing || line.isSlow ? desk.failing : desk.sound
  one.working = rounds(line.tenantId, () => deliverRound(context, line))
    .then(
      (end) => {
        if (end === 'released') leave(desk, one)
        if (end === 'more') one.isDue = true
        // It has as many waiting events as it may have.
        if (end === 'idle' && line.position < line.target) rest(one)
      },
      (error: unknown) => {
        warnings.warn('Delivering events failed and will be tried again', error)
        one.isDue = true
        rest(one)
      }
    )
    .finally(() => {
      one.working = undefined
      const isLeft = desk.leased.get(keyOf(line)) !== one
      if (!isLeft && !context.isStopping() && hasWork(one)) begin(context, desk, warnings, one)
    })
}

function rest(one: Leased): void {
  one.restsUntil = performance.now() + REST_MS
}

function leave({ leased }: Desk, one: Leased): void {
  if (leased.get(keyOf(one.line)) === one) leased.delete(keyOf(one.line))
}

function hasWork({ line, isDue, restsUntil }: Leased): boolean {
  return (isDue || line.position < line.target) && performance.now() >= restsUntil
}

function keyOf({ tenantId, listenerId }: ListenerKey): string {
  return `${tenantId}/${listenerId}`
}
