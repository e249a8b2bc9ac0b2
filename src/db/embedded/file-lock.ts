import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { StartError } from '../../base/start-error.ts'
import { memberOf } from '../../base/unknown.ts'

const WAIT_LIMIT_MS = 90_000
const POLL_MS = 25
const HEARTBEAT_MS = 1_000
const STALE_AFTER_MS = 10_000

/**
 * Runs `work` while this process alone holds `file`; other processes wait their turn. Takes over the lock of a killed
 * process. Throws a StartError after 90 s.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + WAIT_LIMIT_MS
  while (!tryLock(file)) {
    if (isAbandoned(file)) discard(file)
    else if (Date.now() > deadline) throw new StartError(`another process has been holding ${file} for too long`)
    else await delay(POLL_MS)
  }
  const heartbeat = setInterval(() => touch(file), HEARTBEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    rmSync(file, { force: true })
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (memberOf(error, 'code') === 'EEXIST') return false
    throw error
  }
}

/** The owner is dead, or its process id now belongs to a program that does not refresh the lock. */
function isAbandoned(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_AFTER_MS) return true
    const owner = Number(readFileSync(file, 'utf8'))
    // The file is empty for a moment after its creation.
    return owner !== 0 && !isAlive(owner)
  } catch {
    return false
  }
}

/** Renaming lets one of several waiting processes win; the others find the file gone. */
function discard(file: string): void {
  const abandoned = `${file}.${process.pid}`
  try {
    renameSync(file, abandoned)
    rmSync(abandoned, { force: true })
  } catch {}
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {}
}

export function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return memberOf(error, 'code') === 'EPERM'
  }
}
