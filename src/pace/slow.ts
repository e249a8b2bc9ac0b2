import { AsyncLocalStorage } from 'node:async_hooks'

const transactions = new AsyncLocalStorage<true>()

/** Runs the work of a transaction. Nothing slow may begin in it: it holds a connection and locks. */
export function quickly<T>(work: () => T): T {
  return transactions.run(true, work)
}

/** Guards slow work. Throws under `quickly`, which is a bug. */
export function requireNoTransaction(what: string): void {
  if (transactions.getStore()) throw new Error(`${what} takes too long for a transaction: do it before one begins`)
}
