import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { UNHURRIED } from '../src/pace/unhurried.ts'

const HOST = '127.0.0.1'
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const PROJECT = path.dirname(path.dirname(MAIN))
const API = '/customerBillManagement/v4/'
/** A first start unpacks Postgres, migrates and loads the demo data. */
const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 150_000
const POLL_MS = 100
const MAX_LOG_LINES = 20

/** A server on demo data, with a database of its own. */
export interface DemoServer {
  /** Base URL of the API, ending in `/`. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts the server on demo data in a temporary folder. If it fails or `interrupted` aborts, throws the last lines of
 * its log and leaves nothing behind.
 */
export async function startDemoServer(interrupted?: AbortSignal): Promise<DemoServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN], { cwd: PROJECT, env: environment(port, folder), stdio: 'pipe' })
  const log = lastLines(child)
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await untilReady(child, `http://${HOST}:${port}/health/ready`, interrupted)
  } catch (error) {
    await stop()
    throw new Error(`${error instanceof Error ? error.message : error}\n${log.join('\n')}`.trim())
  }
  return { url: `http://${HOST}:${port}${API}`, stop }
}

/** Keeps the caller's settings away, such as a real database. Turns off limits of speed. */
function environment(port: number, folder: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, TEMP, SystemRoot, LD_LIBRARY_PATH } = process.env
  const system = { PATH, HOME, TMPDIR, TEMP, SystemRoot, LD_LIBRARY_PATH }
  return { ...system, HOST, PORT: String(port), DATA_DIR: folder, LOG_LEVEL: 'warn', ...UNHURRIED }
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

function lastLines(child: ChildProcess): string[] {
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line !== ''))
      lines.splice(0, lines.length - MAX_LOG_LINES)
    })
  }
  return lines
}

async function untilReady(child: ChildProcess, url: string, interrupted?: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    interrupted?.throwIfAborted()
    if (hasEnded(child)) throw new Error('the server ended before it was ready')
    const response = await fetch(url).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return
    await delay(POLL_MS)
  }
  throw new Error(`the server was not ready within ${START_LIMIT_MS / 1000} s`)
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
