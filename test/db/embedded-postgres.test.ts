import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StartError } from '../../src/base/start-error.ts'
import { isAlive } from '../../src/db/embedded/file-lock.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'
import { type Program, runProgram } from './program.ts'

const root = process.getuid?.() === 0
let directory: string
let programs: Program[]

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tmf678-test-'))
  programs = []
})

afterEach(async () => {
  for (const { child } of programs) child.kill('SIGKILL')
  await Promise.all(programs.map((program) => program.ended()))
  for (const folder of [directory, path.join(directory, 'closed', 'data')]) await destroy(folder)
  rmSync(directory, { recursive: true, force: true })
})

describe('the embedded Postgres', () => {
  it('starts from nothing, keeps its data and password, and starts again', async () => {
    const first = await start()
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await first.stop()
    expect(postmasterPid()).toBeUndefined()

    const second = await start()
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
    await second.stop()
  })

  it('has a database in UTF-8 that sorts by code point, and a password that others cannot read', async () => {
    const postgres = await start()
    const rows = await query(
      postgres.url,
      `SELECT current_database() AS name, datcollate AS collate, pg_encoding_to_char(encoding) AS encoding
       FROM pg_database WHERE datname = current_database()`
    )
    expect(rows).toEqual([{ name: 'tmf678', collate: 'C', encoding: 'UTF8' }])
    expect(statSync(path.join(directory, 'postgres', 'password')).mode & 0o777).toBe(0o600)
    const wrong = new URL(postgres.url)
    wrong.password = 'wrong'
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
    await postgres.stop()
  })

  it('is left running by a killed process and found by the next', async () => {
    const program = run()
    const url = await program.firstLine
    const pid = postmasterPid()
    program.child.kill('SIGKILL')
    await program.ended()

    const postgres = await start()
    expect(postgres.url).toBe(url)
    expect(postmasterPid()).toBe(pid)
    await postgres.stop()
    expect(postmasterPid()).toBeUndefined()
  })

  it('starts once for several processes at once, and the last one out stops it', async () => {
    const users = [run(), run(), run()]
    const urls = await Promise.all(users.map((user) => user.firstLine))
    expect(new Set(urls).size).toBe(1)
    for (const user of users) {
      expect(postmasterPid()).toBeDefined()
      user.child.stdin?.end()
      await user.ended()
    }
    expect(postmasterPid()).toBeUndefined()
  })

  it('keeps running while any other client is connected', async () => {
    const postgres = await start()
    const client = new pg.Client(postgres.url)
    await client.connect()
    await postgres.stop()
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await client.end()
  })

  it('starts beside a postmaster.pid whose process is gone or another program by now', async () => {
    const first = await start()
    await first.stop()
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      const lines = [pid, path.join(realpathSync(directory), 'postgres', 'data'), 1, 1, '', '127.0.0.1', '1 1', 'ready']
      writeFileSync(pidFile(), lines.join('\n'))
      const { uid, gid } = statSync(path.dirname(pidFile()))
      chownSync(pidFile(), uid, gid)
      const postgres = await start()
      expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      await postgres.stop()
    }
  })

  it('takes another port when its own was taken meanwhile', async () => {
    const first = await start()
    await first.stop()
    const { port } = new URL(first.url)
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(Number(port), '127.0.0.1', resolve))
    const second = await start()
    expect(new URL(second.url).port).not.toBe(port)
    await second.stop()
    await expect(startEmbeddedPostgres({ directory, port: Number(port) })).rejects.toThrow(/could not bind/)
    await new Promise((resolve) => other.close(resolve))
  })

  it('takes over the lock of a killed process', async () => {
    writeFileSync(path.join(directory, 'postgres.lock'), String(2 ** 22 + 1))
    const postgres = await start()
    await postgres.stop()
    expect(existsSync(path.join(directory, 'postgres.lock'))).toBe(false)
  })

  it('begins anew after an interrupted initialization', async () => {
    mkdirSync(path.join(directory, 'postgres', 'data.new', 'base'), { recursive: true })
    const postgres = await start()
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await postgres.stop()
  })

  it('says in one line why it cannot start', async () => {
    writeFileSync(path.join(directory, 'file'), '')
    await refuses(path.join(directory, 'file', 'data'), /folder .*file\/data for Postgres is not writable: ENOTDIR/)

    const old = path.join(directory, 'postgres', 'data')
    mkdirSync(old, { recursive: true })
    writeFileSync(path.join(old, 'PG_VERSION'), '9\n')
    await refuses(directory, /is of Postgres 9, but \d+ is installed: move the folder away/)
  })
})

describe.runIf(root)('the embedded Postgres of root', () => {
  it('works below a folder that only root can enter', async () => {
    const closed = path.join(directory, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const data = path.join(closed, 'data')
    const first = await startEmbeddedPostgres({ directory: data, durable: false })
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await first.stop()
    expect(lstatSync(path.join(data, 'postgres')).isSymbolicLink()).toBe(true)

    const second = await startEmbeddedPostgres({ directory: data, durable: false })
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await second.stop()

    unlinkSync(path.join(data, 'postgres'))
    const anew = await startEmbeddedPostgres({ directory: data, durable: false })
    await expect(query(anew.url, 'SELECT answer FROM kept')).rejects.toThrow(/does not exist/)
    await anew.stop()
  })

  it('does not use a folder that somebody else put in its place', async () => {
    const closed = path.join(directory, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const data = path.join(closed, 'data')
    const { stop } = await startEmbeddedPostgres({ directory: data, durable: false })
    await stop()
    const home = realpathSync(path.join(data, 'postgres'))
    unlinkSync(path.join(data, 'postgres'))
    rmSync(home, { recursive: true })
    symlinkSync(directory, home)
    await refuses(data, /belongs to somebody else/)
    unlinkSync(home)
  })
})

function start(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ directory, durable: false })
}

function run(): Program {
  const program = runProgram('postgres-user.ts', directory)
  programs.push(program)
  return program
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function refuses(folder: string, message: RegExp): Promise<void> {
  const error = await startEmbeddedPostgres({ directory: folder }).catch((reason) => reason)
  expect(error).toBeInstanceOf(StartError)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('\n')
}

function pidFile(folder = directory): string {
  return path.join(folder, 'postgres', 'data', 'postmaster.pid')
}

function postmasterPid(folder = directory): number | undefined {
  return existsSync(pidFile(folder)) ? Number(readFileSync(pidFile(folder), 'utf8').split('\n')[0]) : undefined
}

/** Removes the processes and files of a test. */
async function destroy(folder: string): Promise<void> {
  const link = path.join(folder, 'postgres')
  if (!existsSync(link)) return
  const pid = postmasterPid(folder)
  if (pid !== undefined && pid !== process.pid && isAlive(pid)) {
    process.kill(pid, 'SIGQUIT')
    for (const deadline = Date.now() + 60_000; isAlive(pid) && Date.now() < deadline; ) await delay(20)
  }
  rmSync(realpathSync(link), { recursive: true })
}
