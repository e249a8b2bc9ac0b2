import { AsyncLocalStorage } from 'node:async_hooks'

const transactions = new AsyncLocalStorage<true>()

/** Runs the work of a transaction, in which nothing slow may begin: it holds a connection, and locks. */
export function quickly<T>(work: () => T): T {
  return transactions.run(true, work)
}

/** Called by whatever takes long. Throws when it would take that long under a transaction, which is a bug. */
export function requireNoTransaction(what: string): void {
  if (transactions.getStore()) throw new Error(`${what} takes too long for a transaction: do it before one begins`)
}
