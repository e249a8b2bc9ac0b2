import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fetchToken } from './credentials.ts'
import { TENANT } from './database.ts'

const HOST = '127.0.0.1'
const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 15_000
const POLL_MS = 50
/** The server's default, for both sides. */
const POOL_SIZE = '10'

/** Fixed, since the databases and their sealed values are kept. It protects nothing. */
const SECRET_KEYS = createHash('sha256').update('tmf678 bench').digest('base64')

/** Lets a server report its memory; see kept-memory.ts. */
const COLLECTING = ['--expose-gc', '--import', path.resolve(import.meta.dirname, 'kept-memory.ts')]

/** A server in a process of its own. */
export interface Target {
  readonly origin: string
  /** Credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** Resident memory in bytes. */
  memory(): number
  /** Collects garbage and returns the bytes left. */
  keptMemory(): Promise<number>
  stop(): Promise<void>
}

/**
 * Starts this server on a database, with production settings and its log on, but without the rate limit, and able to
 * send events to this machine.
 */
export async function startOurs(databaseUrl: string, more: Readonly<Record<string, string>> = {}): Promise<Target> {
  const limits = { RATE_LIMIT_PER_MINUTE: '0', WEBHOOK_ALLOW_NETWORKS: HOST }
  const settings = { DATABASE_URL: databaseUrl, SECRET_KEYS, LOG_LEVEL: 'info', ...limits, ...more }
  const target = await start('src/main.ts', settings)
  try {
    return { ...target, headers: { authorization: `Bearer ${await fetchToken(target.origin, TENANT)}` } }
  } catch (error) {
    await target.stop()
    throw error
  }
}

/** Starts the baseline server, with a database or returning a constant. */
export function startBare(databaseUrl?: string): Promise<Target> {
  return start('bench/bare.ts', databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl })
}

async function start(script: string, settings: Readonly<Record<string, string>>): Promise<Target> {
  const port = await freePort()
  const { PATH, HOME, TMPDIR, LD_LIBRARY_PATH } = process.env
  const system = { PATH, HOME, TMPDIR, LD_LIBRARY_PATH, NODE_ENV: 'production' }
  const child = spawn(process.execPath, [...COLLECTING, path.resolve(import.meta.dirname, '..', script)], {
    env: { ...system, HOST, PORT: String(port), DATABASE_POOL_SIZE: POOL_SIZE, ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  const kill = () => child.kill()
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  // The log is read and dropped, as a container runtime reads it and writes it elsewhere.
  child.stdout?.resume()
  const origin = `http://${HOST}:${port}`
  await untilReady(child, `${origin}/health/ready`).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw new Error(`${script} ${error instanceof Error ? error.message : error}`)
  })
  const keptMemory = () => keptBytes(child)
  return { origin, headers: {}, memory: () => residentBytes(child), keptMemory, stop: () => stop(child) }
}

async function keptBytes(child: ChildProcess): Promise<number> {
  const answered = once(child, 'message')
  child.send('collect')
  return Number((await answered)[0])
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error('ended before it was ready')
    const response = await fetch(url).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return
    await delay(POLL_MS)
  }
  throw new Error(`was not ready within ${START_LIMIT_MS / 1000} s`)
}

function residentBytes({ pid }: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(timer)
}
