import { present } from '../base/unknown.ts'
/**
 * The cost of a request: an indexed read, a write, a slow query or rendering, or a transfer. A transfer is long and
 * takes a slot of another class for each piece of its work.
 */
export type WorkClass = 'read' | 'write' | 'expensive' | 'transfer'

export interface Share {
  readonly total: number
  readonly perTenant: number
}

export interface Limits {
  /** All classes except transfers, which mostly wait for the client. */
  readonly all: Share
  readonly classes: Readonly<Record<WorkClass, Share>>
  readonly waiting: Share & { readonly perPrincipal: number }
}

/** A request for a slot, compared by identity. */
export interface Ask {
  readonly tenant: string
  readonly principal: string
  readonly work: WorkClass
}

export type Refusal = 'principal' | 'tenant' | 'server'

/** The outcome of an ask; `dropped` is another one that had to leave the queue. */
export type Verdict<A> =
  | { readonly kind: 'started' }
  | { readonly kind: 'waiting'; readonly dropped?: A }
  | { readonly kind: 'refused'; readonly by: Refusal }

/** Hands out slots. Pure: it reads no clock and never waits. */
export interface Scheduler<A extends Ask> {
  /** Starts an ask if a slot of its class and tenant is free, else queues it if there is room. */
  offer(ask: A): Verdict<A>
  finish(ask: A): readonly A[]
  withdraw(ask: A): void
}

/** The requests of one principal, or of all principals of one tenant. */
interface Party {
  /** Slots held, without transfers. */
  running: number
  waiting: number
  /** When it was last served: the number of slots given until then. */
  servedAt: number
}

interface Principal<A> extends Party {
  readonly name: string
  readonly queue: A[]
}

interface Tenant<A> extends Party {
  readonly name: string
  readonly byClass: Record<WorkClass, number>
  readonly principals: Map<string, Principal<A>>
}

interface State<A> {
  readonly limits: Limits
  readonly tenants: Map<string, Tenant<A>>
  readonly byClass: Record<WorkClass, number>
  /** Slots held, without transfers. */
  running: number
  waiting: number
  served: number
}

/**
 * Shares slots between tenants. A free slot goes to the tenant with the fewest; among equals, to the one served longest
 * ago; in it, to a principal by the same rule. No tenant gets more than its shares. If too many wait, the tenant with
 * the most waiting loses its last.
 */
export function scheduler<A extends Ask>(limits: Limits): Scheduler<A> {
  const state: State<A> = { limits, tenants: new Map(), byClass: none(), running: 0, waiting: 0, served: 0 }
  return {
    offer: (ask) => offer(state, ask),
    finish: (ask) => {
      const [tenant, principal] = partiesOf(state, ask)
      move(state, ask, tenant, principal, -1)
      forget(state, tenant, principal)
      const started: A[] = []
      for (let next = startNext(state); next; next = startNext(state)) started.push(next)
      return started
    },
    withdraw: (ask) => {
      const [tenant, principal] = partiesOf(state, ask)
      const at = principal.queue.indexOf(ask)
      if (at >= 0) take(state, tenant, principal, at)
      forget(state, tenant, principal)
    }
  }
}

function offer<A extends Ask>(state: State<A>, ask: A): Verdict<A> {
  const [tenant, principal] = partiesOf(state, ask)
  if (isFree(state, tenant, ask.work)) {
    start(state, ask, tenant, principal)
    return { kind: 'started' }
  }
  const by = refusal(state, tenant, principal)
  if (by) {
    forget(state, tenant, principal)
    return { kind: 'refused', by }
  }
  const dropped = state.waiting < state.limits.waiting.total ? undefined : dropLast(state)
  principal.queue.push(ask)
  count(state, tenant, principal, 1)
  return { kind: 'waiting', ...(dropped && { dropped }) }
}

function isFree<A>({ limits, running, byClass }: State<A>, tenant: Tenant<A>, work: WorkClass): boolean {
  const { total, perTenant } = limits.classes[work]
  if (byClass[work] >= total || tenant.byClass[work] >= perTenant) return false
  return work === 'transfer' || (running < limits.all.total && tenant.running < limits.all.perTenant)
}

function refusal<A>({ limits, waiting, tenants }: State<A>, tenant: Party, principal: Party): Refusal | undefined {
  const { total, perTenant, perPrincipal } = limits.waiting
  if (principal.waiting >= perPrincipal) return 'principal'
  if (tenant.waiting >= perTenant) return 'tenant'
  return waiting >= total && tenant.waiting >= most(tenants).waiting ? 'server' : undefined
}

function startNext<A extends Ask>(state: State<A>): A | undefined {
  if (state.waiting === 0) return undefined
  for (const tenant of inTurn(state.tenants)) {
    for (const principal of inTurn(tenant.principals)) {
      const at = principal.queue.findIndex(({ work }) => isFree(state, tenant, work))
      if (at < 0) continue
      const ask = take(state, tenant, principal, at)
      start(state, ask, tenant, principal)
      return ask
    }
  }
  return undefined
}

/** Returns the parties with waiting requests in the order of service. */
function inTurn<P extends Party>(parties: ReadonlyMap<string, P>): readonly P[] {
  if (parties.size === 1) return [...parties.values()]
  const asking = [...parties.values()].filter(({ waiting }) => waiting > 0)
  return asking.sort((one, other) => one.running - other.running || one.servedAt - other.servedAt)
}

function most<P extends Party>(parties: ReadonlyMap<string, P>): P {
  return [...parties.values()].reduce((first, other) => (other.waiting > first.waiting ? other : first))
}

function dropLast<A>(state: State<A>): A {
  const tenant = most(state.tenants)
  const principal = most(tenant.principals)
  const ask = take(state, tenant, principal, principal.queue.length - 1)
  forget(state, tenant, principal)
  return ask
}

function take<A>(state: State<A>, tenant: Tenant<A>, principal: Principal<A>, at: number): A {
  count(state, tenant, principal, -1)
  return present(principal.queue.splice(at, 1)[0], 'the ask of a queue')
}

function start<A extends Ask>(state: State<A>, ask: A, tenant: Tenant<A>, principal: Principal<A>): void {
  move(state, ask, tenant, principal, 1)
  state.served++
  tenant.servedAt = state.served
  principal.servedAt = state.served
}

function move<A>(state: State<A>, { work }: Ask, tenant: Tenant<A>, principal: Party, by: 1 | -1): void {
  state.byClass[work] += by
  tenant.byClass[work] += by
  if (work === 'transfer') return
  state.running += by
  tenant.running += by
  principal.running += by
}

function count(state: { waiting: number }, tenant: Party, principal: Party, by: 1 | -1): void {
  state.waiting += by
  tenant.waiting += by
  principal.waiting += by
}

function partiesOf<A>({ tenants }: State<A>, ask: Ask): readonly [Tenant<A>, Principal<A>] {
  const tenant = tenants.get(ask.tenant) ?? {
    ...{ name: ask.tenant, byClass: none(), principals: new Map<string, Principal<A>>() },
    ...{ running: 0, waiting: 0, servedAt: 0 }
  }
  const principal = tenant.principals.get(ask.principal) ?? {
    ...{ name: ask.principal, queue: [] },
    ...{ running: 0, waiting: 0, servedAt: 0 }
  }
  if (tenant.principals.size === 0) tenants.set(tenant.name, tenant)
  if (principal.running + principal.waiting === 0) tenant.principals.set(principal.name, principal)
  return [tenant, principal]
}

function forget<A>({ tenants }: State<A>, tenant: Tenant<A>, principal: Principal<A>): void {
  if (principal.running === 0 && principal.waiting === 0) tenant.principals.delete(principal.name)
  if (tenant.principals.size === 0 && tenant.byClass.transfer === 0) tenants.delete(tenant.name)
}

function none(): Record<WorkClass, number> {
  return { read: 0, write: 0, expensive: 0, transfer: 0 }
}
