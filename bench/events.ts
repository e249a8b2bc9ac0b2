import { cases } from './cases.ts'
import { withClient } from './database.ts'
import { type BacklogResult, measureBacklog } from './event-backlog.ts'
import { addEvents, countEvents, resume, subscribe } from './event-data.ts'
import { type Idle, measureIdle } from './event-idle.ts'
import { type BadListener, measureBadListener } from './event-listeners.ts'
import type { EventScene } from './event-scene.ts'
import { clearEvents } from './event-tables.ts'
import type { Options } from './options.ts'
import { receive, startReceiver } from './receiver.ts'
import type { SampledBill } from './sample.ts'
import { SECONDS_SHARE, sound } from './tokens.ts'

/** Of the case of latencies. */
const WRITES_PER_SECOND = 200
const WARM_UP_S = 2
/** Share of the events of the largest backlog that is delivered. */
const DRAINED_SHARE = 0.05

export interface EventResult {
  readonly idle: Idle
  /** From a write at a fixed rate to its delivery. */
  readonly latency: { readonly perSecond: number; readonly p50Ms: number; readonly p95Ms: number }
  /** A backlog delivered to one listener. */
  readonly drained: { readonly events: number; readonly perSecond: number }
  readonly bad: BadListener
  readonly backlog: BacklogResult
}

/** Measures deliveries to a process of its own, with this server alone on the database. Throws if one does not come. */
export async function measureEvents(
  setup: Omit<EventScene, 'receiver'>,
  options: Pick<Options, 'seconds' | 'connections' | 'events'>
): Promise<EventResult> {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.adopt(await startReceiver(), (each) => each.stop())
  const clear = () => withClient(setup.databaseUrl, clearEvents)
  stack.defer(clear)
  const scene = { ...setup, receiver }
  await clear()
  const idle = await measureIdle(scene, options.seconds * SECONDS_SHARE)
  await clear()
  const latency = await measureLatency(scene, options.seconds * SECONDS_SHARE)
  await clear()
  const drained = await measureDrain(scene, Math.ceil(options.events * DRAINED_SHARE))
  await clear()
  const bad = await measureBadListener(scene, options.events)
  await clear()
  return { idle, latency, drained, bad, backlog: await measureBacklog(scene, options) }
}

/** Times events from before the commits of their changes to their arrivals. */
async function measureLatency(scene: EventScene, seconds: number): Promise<EventResult['latency']> {
  const { target, receiver, databaseUrl } = scene
  console.log(`measuring deliveries of ${WRITES_PER_SECOND} writes per second`)
  await subscribe(target, receiver.origin)
  await postBills(scene, WARM_UP_S)
  const before = await countEvents(databaseUrl)
  await receive(receiver, before)
  await receiver.forget()
  const perSecond = await postBills(scene, seconds)
  const { p50Ms, p95Ms } = await receive(receiver, (await countEvents(databaseUrl)) - before)
  return { perSecond, p50Ms, p95Ms }
}

async function postBills({ loader, target, setting }: EventScene, seconds: number): Promise<number> {
  const { origin, headers } = target
  const post = cases.find(({ name }) => name === 'post')
  const requests = setting.sample.all
    .slice(0, WRITES_PER_SECOND)
    .flatMap((bill: SampledBill) => post?.requests(bill) ?? [])
  const sent = requests.map((request) => ({ ...request, headers: { ...headers, ...request.headers } }))
  const [load] = await loader.pace({
    origin,
    headers,
    seconds,
    streams: [{ perSecond: WRITES_PER_SECOND, requests: sent }]
  })
  return sound(load).perSecond
}

/** Counts the deliveries per second to one listener from the first to the last of a backlog. */
async function measureDrain({ target, receiver, databaseUrl }: EventScene, events: number) {
  console.log(`delivering ${events.toLocaleString('en')} events to one listener`)
  await receiver.forget()
  const { id } = await subscribe(target, receiver.origin, { state: 'paused' })
  await addEvents(databaseUrl, events)
  await resume(target, id)
  const { taken, firstAtMs, lastAtMs } = await receive(receiver, events)
  if (taken !== events) throw new Error(`of ${events} events ${taken} were delivered`)
  return { events, perSecond: (events * 1_000) / (lastAtMs - firstAtMs) }
}
