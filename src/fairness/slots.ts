import type { Problem } from '../messages/problem.ts'
import { SERVER } from '../messages/server.ts'
import { type Budget, budget } from './budget.ts'
import { type Ask, type Limits, type Refusal, type Scheduler, scheduler } from './scheduler.ts'

export interface SlotSettings {
  readonly limits: Limits
  readonly queueTimeoutMs: number
  /** 0 is no limit. */
  readonly expensiveSecondsPerMinute: number
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number
}

/** Slots for the work of requests, shared fairly between tenants. */
export interface Slots {
  /**
   * Waits for a slot. Throws `tooManyRequests` if the principal asks too much, `unavailable` after too long a wait,
   * both with Retry-After.
   */
  take(ask: Ask, options?: TakeOptions): Promise<Release>
  /** Gives a free slot at once, else waits like `take`. Throws at once where `take` rejects. */
  takeFree(ask: Ask, options?: TakeOptions): Release | Promise<Release>
  expire(): void
}

/** Gives a slot back; repeating it does nothing. */
export type Release = () => void

export interface TakeOptions {
  /** Waits without a limit, for a part of work already begun. */
  readonly isPatient?: boolean
  /** Calls `leave` if the client goes away. Returns a function that ends the watch. */
  readonly whenGone?: ((leave: () => void) => () => void) | undefined
}

interface Request extends Ask {
  readonly untilMs: number
  start: () => void
  refuse: (problem: Problem) => void
}

/** Free time of each expensive request: paging through a long list uses up no budget. */
const FREE_MS = 100

interface State extends SlotSettings {
  readonly queue: Scheduler<Request>
  readonly expensive: Budget
  readonly waiting: Set<Request>
}

export function openSlots(settings: SlotSettings): Slots {
  const queue = scheduler<Request>(settings.limits)
  const expensive = budget(settings.expensiveSecondsPerMinute)
  const state: State = { ...settings, queue, expensive, waiting: new Set() }
  return {
    take: async (ask, options) => takeFree(state, ask, options),
    takeFree: (ask, options) => takeFree(state, ask, options),
    expire: () => {
      const now = state.nowMs()
      for (const request of [...state.waiting]) if (request.untilMs <= now) leave(state, request, TOO_BUSY)
    }
  }
}

function takeFree(state: State, ask: Ask, { isPatient, whenGone }: TakeOptions = {}): Release | Promise<Release> {
  if (ask.work === 'expensive') requireBudget(state, ask)
  const untilMs = isPatient ? Number.POSITIVE_INFINITY : state.nowMs() + state.queueTimeoutMs
  const { tenant, principal, work } = ask
  const request: Request = { tenant, principal, work, untilMs, start: NOTHING, refuse: NOTHING }
  const verdict = state.queue.offer(request)
  if (verdict.kind === 'refused') throw TOO_MANY[verdict.by]
  if (verdict.kind === 'started') return taken(state, request)
  if (verdict.dropped) settled(state, verdict.dropped).refuse(TOO_BUSY)
  state.waiting.add(request)
  return new Promise((resolve, reject) => {
    const stay = whenGone?.(() => leave(state, request, GONE)) ?? NOTHING
    request.start = () => {
      stay()
      resolve(taken(state, request))
    }
    request.refuse = (problem) => {
      stay()
      reject(problem)
    }
  })
}

const NOTHING = () => undefined

function taken(state: State, request: Request): Release {
  const { queue, expensive, nowMs } = state
  const startedMs = nowMs()
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    const tookMs = nowMs() - startedMs
    if (request.work === 'expensive') expensive.charge(nameOf(request), Math.max(tookMs - FREE_MS, 0), nowMs())
    for (const next of queue.finish(request)) settled(state, next).start()
  }
}

function leave(state: State, request: Request, problem: Problem): void {
  if (!state.waiting.has(request)) return
  state.queue.withdraw(settled(state, request))
  request.refuse(problem)
}

function settled({ waiting }: State, request: Request): Request {
  waiting.delete(request)
  return request
}

function requireBudget({ expensive, nowMs, expensiveSecondsPerMinute }: State, ask: Ask): void {
  const waitMs = expensive.waitMs(nameOf(ask), nowMs())
  if (waitMs === 0) return
  throw SERVER.expensive(expensiveSecondsPerMinute).with({ 'Retry-After': String(Math.ceil(waitMs / 1_000)) })
}

function nameOf({ tenant, principal }: Ask): string {
  return `${tenant}/${principal}`
}

const LATER = { 'Retry-After': '1' }
const TOO_BUSY = SERVER.busy().with(LATER)
export const GONE = SERVER.clientGone()
const TOO_MANY: Readonly<Record<Refusal, Problem>> = {
  principal: SERVER.tooManyOfPrincipal().with(LATER),
  tenant: SERVER.tooManyOfTenant().with(LATER),
  server: TOO_BUSY
}
