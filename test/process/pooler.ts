import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { until } from './server-process.ts'

/** Debian installs it in a folder on root's path only. */
const PROGRAM = '/usr/sbin/pgbouncer'
/** The pooler does not run as root. */
const ACCOUNT = 'nobody'

/** The pooler is installed; CI installs it if it can. */
export const hasPooler = spawnSync(PROGRAM, ['--version']).status === 0
if (!hasPooler) console.warn(`${PROGRAM} is not installed: nothing shows here that the server works behind a pooler`)

/** Starts a pgbouncer in front of a Postgres, configured as by Debian except for `settings`. */
export async function startPooler(url: string, settings: Readonly<Record<string, string>>) {
  const { hostname, port, username, password } = new URL(url)
  const own = await freePort()
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-pooler-'))
  chmodSync(folder, 0o755)
  const file = path.join(folder, 'pgbouncer.ini')
  const all = { listen_addr: '127.0.0.1', listen_port: own, unix_socket_dir: '', auth_type: 'any', ...settings }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(
    file,
    ['[databases]', `* = host=${hostname} port=${port} user=${username} password=${password}`, '[pgbouncer]', ...lines]
      .map((line) => `${line}\n`)
      .join('')
  )
  const user = process.getuid?.() === 0 ? ['-u', ACCOUNT] : []
  const child = spawn(PROGRAM, [...user, file], { stdio: 'ignore' })
  await until('the pooler listens', () => listens(own))
  const through = new URL(url)
  through.host = `127.0.0.1:${own}`
  running.push(async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: through.href }
}

const running: (() => Promise<void>)[] = []

/** Stops all poolers of this file's tests. */
export async function stopPoolers(): Promise<void> {
  for (const stop of running.splice(0)) await stop()
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
