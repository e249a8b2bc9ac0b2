import type { Logger } from 'pino'
import type { AddressList } from './auth/access/address-list.ts'
import { API_BASE, BILLING_BASE } from './endpoints.ts'
import { callbackClient } from './events/callback-client.ts'
import { type Dispatcher, startDispatcher } from './events/dispatcher.ts'
import type { DeliveryFigures } from './events/figures.ts'
import { payloads } from './events/payload.ts'
import type { Store } from './store.ts'
import { startWhenReady } from './when-ready.ts'

export interface EventDelivery {
  /** Starts to deliver events as soon as the database is ready. */
  start(): void
  /** Says why no events are delivered; undefined while they are. */
  standstill(): string | undefined
  /** Undefined before the database is ready. */
  figures(): Promise<DeliveryFigures | undefined>
  /** Waits for posts under way, at most `limitMs`; the rest is delivered by other processes. */
  stop(limitMs: number): Promise<void>
}

export interface DeliverySettings {
  /** Networks of callbacks beside the public ones. */
  readonly allowed: AddressList
  /** The start of the addresses in events. */
  readonly root: () => string
}

export function prepareDelivery(store: Store, logger: Logger, { allowed, root }: DeliverySettings): EventDelivery {
  const { database, secrets: keys } = store
  const { clock, newId } = database
  const begin = () => {
    const payloadOf = payloads({ api: escaped(root() + API_BASE), billing: escaped(root() + BILLING_BASE) })
    const parts = { database, clock, newId, keys, payloadOf, client: callbackClient({ allowed }) }
    return startDispatcher(parts, logger)
  }
  const delivery = startWhenReady<Dispatcher>(store, logger, 'events cannot be delivered yet', begin)
  return {
    start: delivery.start,
    standstill: () => delivery.started()?.standstill(),
    figures: async () => delivery.started()?.figures(),
    stop: delivery.stop
  }
}

function escaped(url: string): string {
  return JSON.stringify(url).slice(1, -1)
}
