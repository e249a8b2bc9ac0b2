import type pg from 'pg'
import { jobSettings, openPool } from '../db/connection.ts'

/** Connections that a runner has for itself. */
export interface JobPool {
  readonly pool: pg.Pool
  /** Gives every connection up at once, whatever is asked of it, and makes no other. */
  cut(): void
}

/** One connection listens for new jobs, the other takes and finishes them; tasks work on the pool of the server. */
const CONNECTIONS = 2

/** Opens the connections of one runner. An error of an idle one is handed to `onError`. */
export function openJobPool(url: string, onError: (error: Error) => void): JobPool {
  const { pool, cut } = openPool(jobSettings(url), CONNECTIONS, onError)
  return {
    pool: forgiving(pool),
    cut: () => {
      cut()
      pool.end().catch(() => undefined)
    }
  }
}

/**
 * The library gives the connection that listens back twice, when it fails in the same moment in which the runner ends,
 * and nobody would catch what the pool throws then.
 */
function forgiving(pool: pg.Pool): pg.Pool {
  type Callback = Parameters<pg.Pool['connect']>[0]
  type Release = (broken?: Error | boolean) => void
  const connect = (callback?: Callback) => {
    if (!callback) return pool.connect()
    return pool.connect((error, client, release: Release | undefined) => {
      let isReleased = false
      callback(error, client, (broken) => {
        if (!isReleased) release?.(broken)
        isReleased = true
      })
    })
  }
  const heir: pg.Pool = Object.create(pool)
  return Object.assign(heir, { connect })
}
