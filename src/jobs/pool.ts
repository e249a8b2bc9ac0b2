import type pg from 'pg'
import { jobSettings, openPool } from '../db/connection.ts'

export interface JobPool {
  readonly pool: pg.Pool
  cut(): void
}

/** One connection listens for jobs, one takes and finishes them; tasks use the server's pool. */
const CONNECTIONS = 2

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
 * The library may release the listening connection twice, if it fails just as the runner ends; nobody would catch the
 * pool's error.
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
