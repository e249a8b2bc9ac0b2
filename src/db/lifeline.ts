/** The process of Postgres behind a connection, and when it began: another one may get the same number later. */
export interface Backend {
  readonly pid: string
  readonly since: string
}

const selectBackend = (pid: string) =>
  `SELECT pid::text AS "pid", backend_start::text AS "since" FROM pg_catalog.pg_stat_get_activity(${pid})`
export const OWN_BACKEND = selectBackend('pg_backend_pid()')
export const BACKEND = selectBackend('$1::int')

const LOOK_MS = 2_000

/**
 * Watches a backend whose work has no limit of time. Its end may not reach this process, as when a proxy keeps the
 * connection; then `hangUp` is called. Postgres itself ends a backend that waits in vain within a transaction.
 * Returns the function that ends the watch.
 */
export function watchBackend(
  backend: Backend,
  find: (pid: string) => Promise<Backend | undefined>,
  hangUp: () => void
): () => void {
  let [isOver, isLooking] = [false, false]
  const look = async () => {
    if (isLooking) return
    isLooking = true
    const found = await find(backend.pid).finally(() => {
      isLooking = false
    })
    if (!isOver && found?.since !== backend.since) hangUp()
  }
  // Nothing is known while the database does not answer.
  const timer = setInterval(() => look().catch(() => undefined), LOOK_MS).unref()
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
