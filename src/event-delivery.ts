import type { Logger } from 'pino'
import type { AddressList } from './auth/access/address-list.ts'
import { API_BASE, BILLING_BASE } from './endpoints.ts'
import { callbackClient } from './events/callback-client.ts'
import { startDispatcher } from './events/dispatcher.ts'
import type { DeliveryFigures } from './events/figures.ts'
import { payloads } from './events/payload.ts'
import type { Store } from './store.ts'
import { type BackgroundWork, startWhenReady } from './when-ready.ts'

export interface DeliverySettings {
  /** Networks of callbacks beside the public ones. */
  readonly allowed: AddressList
  /** The start of the addresses in events. */
  readonly root: () => string
}

export function prepareDelivery(
  store: Store,
  logger: Logger,
  { allowed, root }: DeliverySettings
): BackgroundWork<DeliveryFigures> {
  const { database, secrets: keys } = store
  const { clock, newId } = database
  const begin = () => {
    const payloadOf = payloads({ api: escaped(root() + API_BASE), billing: escaped(root() + BILLING_BASE) })
    const parts = { database, clock, newId, keys, payloadOf, client: callbackClient({ allowed }) }
    return startDispatcher(parts, logger)
  }
  return startWhenReady(store, logger, 'events cannot be delivered yet', begin)
}

function escaped(url: string): string {
  return JSON.stringify(url).slice(1, -1)
}
