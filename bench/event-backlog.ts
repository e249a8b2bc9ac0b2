import { cases } from './cases.ts'
import { addEvents, readListener, subscribe, unsubscribe } from './event-data.ts'
import type { EventScene } from './event-scene.ts'
import { type Measured, measure, type Subject } from './measure.ts'
import { until } from './receiver.ts'

/** Before all events. */
const START = '2000-01-01T00:00:00.000Z'
const NAMES = ['by-id', 'patch']

export interface BacklogResult {
  readonly events: number
  /** Of each case: without a listener, and beside one of each kind for which all events wait. */
  readonly cases: readonly {
    readonly title: string
    readonly quiet: Measured
    readonly beside: readonly { readonly listener: string; readonly load: Measured }[]
  }[]
}

interface Kind {
  readonly listener: string
  readonly callback: (scene: EventScene) => string
  /** Whether it is as it stays. */
  readonly isSettled: (scene: EventScene, id: string) => Promise<boolean>
}

const KINDS: readonly Kind[] = [
  {
    listener: 'one that never answers',
    callback: ({ receiver }) => receiver.silentOrigin,
    isSettled: async ({ receiver }) => (await receiver.seen()).unanswered > 0
  },
  {
    listener: 'a suspended one',
    callback: ({ receiver }) => `${receiver.origin}/refuse`,
    isSettled: async ({ target }, id) => (await readListener(target, id)).state === 'suspended'
  }
]

/** Measures reads and writes, alternating without a listener and with one that has all events before it. */
export async function measureBacklog(
  scene: EventScene,
  { events, connections, seconds }: { readonly events: number; readonly connections: number; readonly seconds: number }
): Promise<BacklogResult> {
  console.log(`adding ${events.toLocaleString('en')} events that nobody takes`)
  await addEvents(scene.databaseUrl, events)
  const chosen = cases.filter(({ name }) => NAMES.includes(name))
  const subjects = chosen.flatMap((each): readonly Subject[] => {
    const { setting } = scene
    return [{ each, setting }, ...KINDS.map((kind) => ({ each, setting, beside: besideListener(scene, kind) }))]
  })
  const measured = await measure(scene.loader, subjects, connections, seconds)
  const sides = 1 + KINDS.length
  return {
    events,
    cases: chosen.map(({ title }, at) => {
      const [quiet, ...loads] = measured.slice(at * sides, (at + 1) * sides) as [Measured, ...Measured[]]
      return { title, quiet, beside: loads.map((load, kind) => ({ listener: String(KINDS[kind]?.listener), load })) }
    })
  }
}

/** Returns how a round runs while a listener of this kind is subscribed. */
function besideListener(scene: EventScene, { listener, callback, isSettled }: Kind): NonNullable<Subject['beside']> {
  return async (round) => {
    await scene.receiver.forget()
    const { id } = await subscribe(scene.target, callback(scene), { from: START })
    await until(`there is ${listener}`, () => isSettled(scene, id))
    const load = await round()
    await unsubscribe(scene.target, id)
    return load
  }
}
