import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDatabase } from '../../src/db/database.ts'
import { isAlive } from '../../src/db/embedded/file-lock.ts'
import { UNHURRIED } from '../../src/pace/unhurried.ts'
import { SECRET_KEYS } from '../support/config.ts'
import { addApiKey, addTenant, KEYS, TENANT } from '../support/database.ts'
import { until } from '../support/until.ts'

export { until }

const PROJECT = path.resolve(import.meta.dirname, '../..')
const NODE = path.join(PROJECT, 'node_modules/.bin/node')

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly ms: number
}

/** A server in a process of its own, as operators run it. */
export interface ServerProcess {
  readonly child: ChildProcess
  readonly exit: Promise<Exit>
  /** Its printed address, e.g. `http://127.0.0.1:41234`. */
  readonly root: string
  readonly stdout: () => string
  readonly stderr: () => string
  /** Sends a signal and waits for the end; `ms` counts from the signal. */
  stop(signal?: NodeJS.Signals): Promise<Exit>
}

const running = new Set<ChildProcess>()
const folders: string[] = []

/** Starts `node src/main.ts` with these settings only, and waits until it is ready or has ended. */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const server = runServer(env)
  await until('the server listens', () => server.root !== '' || hasEnded(server.child))
  if (hasEnded(server.child)) throw new Error(`the server ended: ${server.stderr()}`)
  return server
}

/** Starts it without waiting. */
export function runServer(env: Record<string, string>): ServerProcess {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env
  const settings = {
    PATH,
    HOME,
    TMPDIR,
    NODE_COMPILE_CACHE,
    PORT: '0',
    LOG_LEVEL: 'warn',
    SECRET_KEYS,
    ...UNHURRIED,
    ...env
  }
  const child = spawn(NODE, ['src/main.ts'], { cwd: PROJECT, env: settings, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  let started = performance.now()
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal, ms: performance.now() - started }))
  return {
    child,
    exit,
    get root() {
      return / on (http:\S+?)\/customerBillManagement/.exec(output.stdout)?.[1] ?? ''
    },
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    stop: (signal = 'SIGTERM') => {
      started = performance.now()
      child.kill(signal)
      return exit
    }
  }
}

/** Returns exit code and stderr of a failed start. */
export async function failedStart(env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const server = runServer(env)
  const { code } = await server.exit
  return { code, stderr: server.stderr() }
}

export function dataFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-process-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

/** Returns the process id of a folder's Postgres while it runs. */
export function postgresPid(folder: string): number | undefined {
  const file = path.join(folder, 'postgres', 'data', 'postmaster.pid')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
  return isAlive(pid) ? pid : undefined
}

/** Ends all processes of this file's tests and removes their folders. */
export async function cleanUp(): Promise<void> {
  for (const child of running) child.kill('SIGKILL')
  await until('the servers end', () => [...running].every(hasEnded))
  running.clear()
  for (const folder of folders.splice(0)) {
    const pid = postgresPid(folder)
    if (pid !== undefined) process.kill(pid, 'SIGQUIT')
    await until('Postgres ends', () => postgresPid(folder) === undefined)
    const home = path.join(folder, 'postgres')
    if (existsSync(home)) rmSync(realpathSync(home), { recursive: true, maxRetries: 5 })
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Valid in the embedded database and every test database. */
export const CREDENTIAL = { token: KEYS[TENANT] }

/** Adds the credential's tenant and key to a database. */
export async function letIn(url: string): Promise<void> {
  const settings = { poolSize: 1, connectTimeoutMs: 120_000, statementTimeoutMs: 120_000, applicationName: 'let in' }
  const database = openDatabase({ url, ...settings }, () => undefined)
  await addTenant(database, TENANT)
  await addApiKey(database, { tenantId: TENANT, key: KEYS[TENANT] })
  await database.close()
}

/** Returns the status of a GET; 0 without a response. */
export function statusOf(url: string): Promise<number> {
  return fetch(url, { headers: CREDENTIAL }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.status
    },
    () => 0
  )
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
