import { addEvents, subscribe, unsubscribe } from './event-data.ts'
import type { EventScene } from './event-scene.ts'
import { median } from './measure.ts'
import { receive, until } from './receiver.ts'

/** Listeners that answer, beside one that does not. */
const GOOD = 99
/** Rounds without and with it alternate; the median counts. */
const ROUNDS = 3
/** Share of the events of the largest backlog: each goes to every listener. */
const SHARE = 0.0002

/** The time until all listeners have all events, without and with another one that never answers. */
export interface BadListener {
  readonly listeners: number
  readonly events: number
  readonly quietMs: number
  readonly besideMs: number
}

export async function measureBadListener(scene: EventScene, largest: number): Promise<BadListener> {
  const { target, receiver } = scene
  const events = Math.ceil(largest * SHARE)
  console.log(`delivering ${events} events to ${GOOD} listeners each, without and with one that never answers`)
  for (let at = 0; at < GOOD; at++) await subscribe(target, `${receiver.origin}/${at}`)
  await deliver(scene, events)
  const [quiet, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(await deliver(scene, events))
    const { id } = await subscribe(target, receiver.silentOrigin)
    await deliver(scene, 1)
    await until('the bad listener is called', async () => (await receiver.seen()).unanswered > 0)
    beside.push(await deliver(scene, events))
    await unsubscribe(target, id)
  }
  return { listeners: GOOD, events, quietMs: median(quiet), besideMs: median(beside) }
}

/** Returns the milliseconds until each good listener has each event. */
async function deliver({ databaseUrl, receiver }: EventScene, events: number): Promise<number> {
  await receiver.forget()
  const startMs = Date.now()
  await addEvents(databaseUrl, events)
  const { lastAtMs } = await receive(receiver, events * GOOD)
  return lastAtMs - startMs
}
