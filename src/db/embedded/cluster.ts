import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartError } from '../../base/start-error.ts'
import { isAlive } from './file-lock.ts'
import { type Home, openHome, postgresEnvironment, run } from './home.ts'

export const HOST = '127.0.0.1'
export const SUPERUSER = 'tmf678'

const START_LIMIT_MS = 60_000
const POLL_MS = 20
const PORT_ATTEMPTS = 5

const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '100'
}
/** Tests make lost data again; many workers connect at once. */
const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h'
}

/** A data folder and the means to run it; `home` also keeps the password, the port and the log. */
export type Cluster = Home & { readonly data: string; readonly durable: boolean; readonly password: string }

/** Opens the cluster in `directory`; creates it if missing. The caller holds the lock. Throws StartErrors. */
export async function openCluster(directory: string, durable: boolean): Promise<Cluster> {
  const home = await openHome(directory)
  const data = path.join(home.path, 'data')
  if (existsSync(data)) await checkVersion(home, data)
  else await initialize(home, data, durable)
  const password = readFileSync(path.join(home.path, 'password'), 'utf8').trim()
  return { ...home, data, durable, password }
}

export async function runningPort(cluster: Cluster): Promise<number | undefined> {
  const deadline = Date.now() + START_LIMIT_MS
  let postmaster = readPostmaster(cluster)
  while (postmaster && isPostmaster(postmaster.pid, cluster)) {
    if (postmaster.ready) return postmaster.port
    if (Date.now() > deadline) throw new StartError(`Postgres (process ${postmaster.pid}) never becomes ready`)
    await delay(POLL_MS)
    postmaster = readPostmaster(cluster)
  }
  // Postgres clears the file of a dead process itself, but would not start beside another program with its id.
  if (postmaster && isAlive(postmaster.pid)) rmSync(path.join(cluster.data, 'postmaster.pid'), { force: true })
  return undefined
}

/** Starts the server and returns its port once it accepts connections. Throws StartErrors. */
export async function startCluster(cluster: Cluster, { port }: { port?: number | undefined }): Promise<number> {
  const remembered = path.join(cluster.path, 'port')
  for (let attempt = 1; ; attempt++) {
    const candidate = port ?? (await choosePort(attempt === 1 ? readNumber(remembered) : 0))
    const failure = await launch(cluster, candidate)
    if (failure === undefined) {
      writeFileSync(remembered, String(candidate))
      return candidate
    }
    // Another program may take the port between the choice and the start.
    if (port !== undefined || attempt === PORT_ATTEMPTS || !failure.includes('could not bind')) {
      throw new StartError(failure)
    }
  }
}

export async function stopCluster({ bin, data, account }: Cluster): Promise<void> {
  await run(path.join(bin, 'pg_ctl'), ['stop', '-D', data, '-m', 'fast', '-w', '-t', '60'], account)
}

async function checkVersion({ bin }: Home, data: string): Promise<void> {
  const found = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim()
  const [, brought] = /(\d+)/.exec(await run(path.join(bin, 'postgres'), ['--version'])) ?? []
  if (found === brought) return
  throw new StartError(`${data} is of Postgres ${found}, but ${brought} is installed: move the folder away`)
}

/** Uses another name until it is whole, so that an interrupted run never looks like a database. */
async function initialize({ path: home, bin, account }: Home, data: string, durable: boolean): Promise<void> {
  const unfinished = `${data}.new`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  const passwordFile = path.join(home, 'password')
  rmSync(passwordFile, { force: true })
  writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(unfinished, account.uid, account.gid)
    chownSync(passwordFile, account.uid, account.gid)
  }
  const security = ['-A', 'scram-sha-256', '-U', SUPERUSER, `--pwfile=${passwordFile}`]
  const options = ['-E', 'UTF8', '--locale=C', ...security, ...(durable ? [] : ['--no-sync'])]
  await run(path.join(bin, 'initdb'), ['-D', unfinished, ...options], account)
  renameSync(unfinished, data)
}

/** Starts the server in a session of its own, so that Ctrl-C and the end of this process leave it running. */
async function launch(cluster: Cluster, port: number): Promise<string | undefined> {
  const logFile = path.join(cluster.path, 'log')
  const log = openSync(logFile, 'w', 0o600)
  const settings = Object.entries({ ...SETTINGS, ...(cluster.durable ? {} : TEST_SETTINGS), port: String(port) })
  const args = ['-D', cluster.data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawn(path.join(cluster.bin, 'postgres'), args, {
    ...cluster.account,
    cwd: cluster.path,
    env: postgresEnvironment(),
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log]
  })
  closeSync(log)
  const failure = await startedOrFailed(child, cluster)
  child.unref()
  return failure && `${failure}${complaints(logFile)}`
}

async function startedOrFailed(child: ChildProcess, cluster: Cluster): Promise<string | undefined> {
  let failure: string | undefined
  child.on('error', (error) => {
    failure = `postgres cannot be run: ${error.message}`
  })
  child.on('exit', () => {
    failure = 'postgres ended at once'
  })
  const deadline = Date.now() + START_LIMIT_MS
  while (failure === undefined) {
    const postmaster = readPostmaster(cluster)
    if (postmaster?.pid === child.pid && postmaster?.ready) return undefined
    if (Date.now() > deadline) {
      child.kill('SIGQUIT')
      return 'postgres does not become ready'
    }
    await delay(POLL_MS)
  }
  return failure
}

function complaints(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').split('\n')
  const serious = lines.filter((line) => /FATAL|PANIC|could not/.test(line)).map((line) => line.replace(/^.*?\] /, ''))
  return serious.length === 0 ? ` (see ${logFile})` : `: ${serious.slice(0, 3).join('; ')}`
}

type Postmaster = { readonly pid: number; readonly port: number; readonly ready: boolean }

/** Lines of postmaster.pid: process id, data folder, start time, port, socket folder, address, memory key, status. */
function readPostmaster({ data }: Cluster): Postmaster | undefined {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return undefined
  }
}

/** Tells Postgres on this data from another program with a reused process id. */
function isPostmaster(pid: number, { data }: Cluster): boolean {
  if (!isAlive(pid)) return false
  try {
    if (process.platform === 'win32') return true
    if (process.platform === 'linux') {
      const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return path.basename(program) === 'postgres' && args.includes(data)
    }
    const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(data)
  } catch {
    return false
  }
}

function readNumber(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || 0 : 0
}

function choosePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(choosePort(0))))
    server.listen(wanted, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : wanted))
    })
  })
}
