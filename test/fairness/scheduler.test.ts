import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitsFor } from '../../src/fairness/limits.ts'
import {
  type Ask,
  type Limits,
  type Scheduler,
  scheduler,
  type Verdict,
  type WorkClass
} from '../../src/fairness/scheduler.ts'

const WAITING = { total: 100, perTenant: 100, perPrincipal: 100 }
const WORK: readonly WorkClass[] = ['read', 'write', 'expensive', 'transfer']

/** A request, written as `tenant/principal work`. */
interface Asked extends Ask {
  readonly text: string
}

function asked(text: string): Asked {
  const [tenant = '', principal = '', work = 'read'] = text.split(/[/ ]/)
  return { tenant, principal, work: work as WorkClass, text }
}

/** Six slots: a tenant gets four, three for writes and one for expensive work; plus two transfers. */
function limits(more: Partial<Limits> = {}): Limits {
  return {
    all: { total: 6, perTenant: 4 },
    classes: {
      read: { total: 6, perTenant: 6 },
      write: { total: 4, perTenant: 3 },
      expensive: { total: 2, perTenant: 1 },
      transfer: { total: 2, perTenant: 1 }
    },
    waiting: WAITING,
    ...more
  }
}

/** Offers requests in turn and returns the verdicts. */
function offerAll(queue: ReturnType<typeof scheduler<Asked>>, texts: readonly string[]) {
  const asks = texts.map(asked)
  return asks.map((ask) => ({ ask, verdict: queue.offer(ask) }))
}

const short = (verdict: Verdict<Asked>) => (verdict.kind === 'refused' ? `refused by ${verdict.by}` : verdict.kind)

describe('slots', () => {
  const started = (count: number) => Array<string>(count).fill('started')
  test.each([
    ['reads of a tenant, up to its share', Array(5).fill('a/1 read'), [...started(4), 'waiting']],
    ['writes of a tenant', Array(4).fill('a/1 write'), [...started(3), 'waiting']],
    ['expensive work of a tenant', Array(2).fill('a/1 expensive'), ['started', 'waiting']],
    ['expensive work of all', ['a/1', 'b/1', 'c/1'].map((who) => `${who} expensive`), [...started(2), 'waiting']],
    [
      'transfers, beside the others',
      [...Array(4).fill('a/1 read'), 'a/1 transfer', 'a/1 transfer'],
      [...started(5), 'waiting']
    ],
    [
      'a read of another tenant',
      [...Array(9).fill('a/1 read'), 'b/1 read'],
      [...started(4), ...Array(5).fill('waiting'), 'started']
    ],
    [
      'a read after writes that hang',
      [...Array(9).fill('a/1 write'), ...Array(9).fill('b/1 write'), 'a/1 read', 'b/1 read'],
      undefined
    ]
  ] as [string, string[], string[] | undefined][])('are given to %s', (_, texts, expected) => {
    const kinds = offerAll(scheduler<Asked>(limits()), texts).map(({ verdict }) => short(verdict))
    if (expected) expect(kinds).toEqual(expected)
    else expect(kinds.slice(-2)).toEqual(started(2))
  })

  test('go to the tenant with the fewest, then by turns, then to principals by the same rule', () => {
    const queue = scheduler<Asked>(limits({ all: { total: 2, perTenant: 2 } }))
    const [first, second] = offerAll(queue, ['a/1 read', 'a/1 read']).map(({ ask }) => ask) as [Asked, Asked]
    offerAll(queue, ['a/1 read', 'a/1 write', 'a/2 read', 'b/1 read', 'b/1 write', 'c/1 read'])
    const order: string[] = []
    let running = [first, second]
    while (running.length > 0) {
      const [ends, ...others] = running as [Asked, ...Asked[]]
      const next = queue.finish(ends)
      order.push(...next.map(({ text }) => text))
      running = [...others, ...next]
    }
    expect(order).toEqual(['b/1 read', 'c/1 read', 'a/2 read', 'b/1 write', 'a/1 read', 'a/1 write'])
  })

  test('are not given to who has withdrawn, nor lost when a class is full', () => {
    const queue = scheduler<Asked>(limits({ all: { total: 1, perTenant: 1 } }))
    const [running, gone, next] = offerAll(queue, ['a/1 read', 'b/1 read', 'c/1 expensive']).map(({ ask }) => ask)
    queue.withdraw(gone as Asked)
    expect(queue.finish(running as Asked)).toEqual([next])
    expect(queue.finish(next as Asked)).toEqual([])
  })
})

describe('the queue', () => {
  const full = { all: { total: 1, perTenant: 1 } }
  test.each([
    ['of a principal', { ...WAITING, perPrincipal: 2 }, 'refused by principal', 'waiting'],
    ['of a tenant', { ...WAITING, perTenant: 2 }, 'refused by tenant', 'refused by tenant']
  ])('%s is bounded', (_, waiting, same, other) => {
    const queue = scheduler<Asked>(limits({ ...full, waiting }))
    const asks = offerAll(queue, ['a/1', 'a/1', 'a/1', 'a/1', 'a/2', 'b/1'])
    expect(asks.slice(3).map(({ verdict }) => short(verdict))).toEqual([same, other, 'waiting'])
  })

  test('of the server loses the last of the tenant with the most, and refuses that tenant itself', () => {
    const queue = scheduler<Asked>(limits({ ...full, waiting: { ...WAITING, total: 3 } }))
    const asks = offerAll(queue, ['a/1', 'a/1', 'a/1', 'a/2', 'a/2', 'b/1', 'b/1', 'b/1'])
    const [fifth, ...others] = asks.slice(4).map(({ verdict }) => short(verdict))
    expect([fifth, ...others]).toEqual(['refused by server', 'waiting', 'waiting', 'refused by server'])
    expect(asks[5]?.verdict).toMatchObject({ dropped: asks[2]?.ask })
  })
})

/** One step of a random history: a request asks, a running one ends, or a waiting one leaves. */
type Step = Asked | { readonly ends: number } | { readonly leaves: number }

const ASK = fc
  .tuple(fc.integer({ max: 3, min: 0 }), fc.integer({ max: 2, min: 0 }), fc.constantFrom(...WORK))
  .map(([tenant, principal, work]) => `t${tenant}/p${principal} ${work}`)
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: ASK.map(asked) },
  { weight: 3, arbitrary: fc.record({ ends: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ leaves: fc.nat() }) }
)
const POOL = fc.integer({ min: 1, max: 40 })

test('no share is ever exceeded, no slot is idle while one who may have it waits, and nobody is lost', () => {
  fc.assert(
    fc.property(POOL, fc.array(STEP, { maxLength: 200 }), (pool, steps) => {
      const bounds = { ...limitsFor(pool), waiting: { total: 12, perTenant: 8, perPrincipal: 5 } }
      const history = { bounds, queue: scheduler<Asked>(bounds), running: new Set<Asked>(), waiting: new Set<Asked>() }
      for (const step of steps) {
        take(history, step)
        expectWithin(bounds, [...history.running])
        expect([...history.waiting].filter((ask) => fits(bounds, [...history.running], ask))).toEqual([])
        expect(history.waiting.size).toBeLessThanOrEqual(bounds.waiting.total)
      }
    })
  )
})

interface History {
  readonly bounds: Limits
  readonly queue: Scheduler<Asked>
  readonly running: Set<Asked>
  readonly waiting: Set<Asked>
}

function take(history: History, step: Step): void {
  const { queue, running, waiting } = history
  if ('ends' in step) end(history, [...running][step.ends % running.size])
  else if ('leaves' in step) {
    const leaves = [...waiting][step.leaves % waiting.size]
    if (leaves && waiting.delete(leaves)) queue.withdraw(leaves)
  } else {
    const ask = { ...step }
    const verdict = queue.offer(ask)
    if (verdict.kind === 'started') running.add(ask)
    if (verdict.kind !== 'waiting') return
    if (verdict.dropped) expect(waiting.delete(verdict.dropped)).toBe(true)
    waiting.add(ask)
  }
}

function end({ bounds, queue, running, waiting }: History, ends: Asked | undefined): void {
  if (!ends || !running.delete(ends)) return
  const others = [...running]
  const allowed = [...waiting].filter((ask) => fits(bounds, others, ask))
  const started = queue.finish(ends)
  const [first] = started
  // The next tenant holds the fewest slots of those that may have one.
  if (first) expect(held(others, first.tenant)).toBe(Math.min(...allowed.map(({ tenant }) => held(others, tenant))))
  for (const ask of started) {
    expect(waiting.delete(ask)).toBe(true)
    running.add(ask)
  }
}

test('whatever one tenant does, the first read of another starts at once, from a pool of three connections on', () => {
  const work = fc.array(fc.constantFrom(...WORK), { maxLength: 100 })
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), work, (pool, asks) => {
      const queue = scheduler<Asked>(limitsFor(pool))
      offerAll(
        queue,
        asks.map((each, at) => `a/${at % 3} ${each}`)
      )
      expect(queue.offer(asked('b/1 read')).kind).toBe('started')
    })
  )
})

const inSlots = (asks: readonly Asked[]) => asks.filter(({ work }) => work !== 'transfer')
const held = (asks: readonly Asked[], of: string) => inSlots(asks).filter(({ tenant }) => tenant === of).length

function expectWithin({ all, classes }: Limits, running: readonly Asked[]): void {
  const tenants = new Set(running.map(({ tenant }) => tenant))
  expect(inSlots(running).length).toBeLessThanOrEqual(all.total)
  for (const tenant of tenants) expect(held(running, tenant)).toBeLessThanOrEqual(all.perTenant)
  for (const each of WORK) {
    const same = running.filter(({ work }) => work === each)
    expect(same.length).toBeLessThanOrEqual(classes[each].total)
    for (const of of tenants) {
      expect(same.filter(({ tenant }) => tenant === of).length).toBeLessThanOrEqual(classes[each].perTenant)
    }
  }
}

function fits(bounds: Limits, running: readonly Asked[], ask: Asked): boolean {
  const { all, classes } = bounds
  const same = running.filter(({ work }) => work === ask.work)
  const own = same.filter(({ tenant }) => tenant === ask.tenant)
  if (same.length >= classes[ask.work].total || own.length >= classes[ask.work].perTenant) return false
  return ask.work === 'transfer' || (inSlots(running).length < all.total && held(running, ask.tenant) < all.perTenant)
}
