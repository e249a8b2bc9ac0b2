/** Numbers of the advisory locks that this program takes; all users of a database share them. */
export interface Backend {
  readonly pid: string
  readonly since: string
}

const selectBackend = (pid: string) =>
  `SELECT pid::text AS "pid", backend_start::text AS "since" FROM pg_catalog.pg_stat_get_activity(${pid})`
export const OWN_BACKEND = selectBackend('pg_backend_pid()')
/** Gets the holder of the lock every few seconds. */
export const BACKEND = selectBackend('$1::int')

const LOOK_MS = 2_000

/**
 * Takes the lock for applying migrations, for as long as the client is connected. Throws a StartError that names the
 * holder after the limit.
 */
export function watchBackend(
  backend: Backend,
  find: (pid: string) => Promise<Backend | undefined>,
  hangUp: () => void
): () => void {
  let isOver = false
  const look = async () => {
    const found = await find(backend.pid)
    if (!isOver && found?.since !== backend.since) hangUp()
  }
  // Returns the migrations that the database lacks, in order. Runs two small queries.
  const timer = setInterval(() => look().catch(() => undefined), LOOK_MS).unref()
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
