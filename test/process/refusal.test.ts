import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/database.ts'
import { cleanUp, dataFolder, failedStart } from './server-process.ts'

let store: TestDatabase
let taken: Server
let takenPort: number
beforeAll(async () => {
  store = await createTestDatabase()
  taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  takenPort = (taken.address() as { port: number }).port
})
afterAll(async () => {
  taken.close()
  await store.drop()
})
afterEach(cleanUp)

interface Refusal {
  readonly what: string
  readonly env: () => Record<string, string>
  readonly says: RegExp
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a port that is taken',
    env: () => ({ DATABASE_URL: store.url, PORT: String(takenPort) }),
    says: /^Cannot listen on 127\.0\.0\.1:\d+: listen EADDRINUSE/
  },
  {
    what: 'an address that is not of this machine',
    env: () => ({ DATABASE_URL: store.url, HOST: '192.0.2.77' }),
    says: /^Cannot listen on 192\.0\.2\.77:0: listen EADDRNOTAVAIL/
  },
  {
    what: 'a folder that is none',
    env: () => ({ DATA_DIR: file() }),
    says: /^the folder \S+ for Postgres is not writable: EEXIST/
  },
  {
    what: 'a folder below a file',
    env: () => ({ DATA_DIR: path.join(file(), 'below') }),
    says: /^the folder \S+ for Postgres is not writable: ENOTDIR/
  },
  {
    what: 'a database where nothing listens',
    env: () => ({ DATABASE_URL: 'postgres://user:hush-hush@127.0.0.1:1/bills' }),
    says: /^The database does not answer: connect ECONNREFUSED 127\.0\.0\.1:1$/
  },
  {
    what: 'a database that does not answer in time',
    env: () => ({ DATABASE_URL: silentDatabase(), DATABASE_CONNECT_TIMEOUT_MS: '200' }),
    says: /^The database does not answer: .*timeout/
  },
  {
    what: 'a database without a key for its secrets',
    env: () => ({ DATABASE_URL: store.url, SECRET_KEYS: '' }),
    says: /^SECRET_KEYS is not set: beside DATABASE_URL .*openssl rand -base64 32 makes one$/
  },
  {
    what: 'keys that are too short',
    env: () => ({ DATABASE_URL: store.url, SECRET_KEYS: 'hush-hush' }),
    says: /^The configuration is wrong\. SECRET_KEYS: must be keys of 32 bytes in base64, [^;]*$/
  },
  {
    what: 'keys in two places',
    env: () => ({ DATABASE_URL: store.url, SECRET_KEYS_FILE: file() }),
    says: /^Either SECRET_KEYS or SECRET_KEYS_FILE, not both$/
  },
  {
    what: 'an empty file of keys',
    env: () => ({ DATABASE_URL: store.url, SECRET_KEYS: '', SECRET_KEYS_FILE: file() }),
    says: /^The secret keys of \S+ cannot be used: must be keys of 32 bytes in base64/
  },
  {
    what: 'a wrong password',
    env: () => ({ DATABASE_URL: store.url.replace(/:[^:@]+@/, ':hush-hush@') }),
    says: /^The database does not answer: password authentication failed for user "\w+"$/
  },
  {
    what: 'a database that does not exist',
    env: () => ({ DATABASE_URL: withDatabase(store.url, 'nowhere') }),
    says: /^The database does not answer: database "nowhere" does not exist$/
  },
  {
    what: 'a host that does not exist',
    env: () => ({ DATABASE_URL: 'postgres://user:hush-hush@nowhere.invalid/bills' }),
    says: /^The database does not answer: getaddrinfo \w+ nowhere\.invalid$/
  },
  {
    what: 'a password with a broken escape',
    env: () => ({ DATABASE_URL: 'postgres://user:hush-hush%zz@127.0.0.1:1/bills' }),
    says: /^The configuration is wrong\. DATABASE_URL: has a percent sign that begins no escape$/
  },
  {
    what: 'settings that are wrong, all of them',
    env: () => ({ DATABASE_URL: 'mysql://user:hush-hush@h/b', PORT: 'hush-hush', HOST: ' ', LOG_LEVEL: 'hush-hush' }),
    says: /^The configuration is wrong\. DATABASE_URL: .*; PORT: .*; LOG_LEVEL: [^;]*$/
  }
]

it.each(REFUSALS)('refuses $what in one line, with exit code 1', async ({ env, says }) => {
  const { code, stderr } = await failedStart(env())
  const [, line] = /^tmf678-server: (.*)\n$/.exec(stderr) ?? []
  expect(line, stderr).toMatch(says)
  expect(stderr).not.toMatch(/hush-hush/)
  expect(code).toBe(1)
})

it.skipIf(process.getuid?.() === 0)('refuses a folder that it may not write to', async () => {
  const folder = dataFolder()
  chmodSync(folder, 0o555)
  const { code, stderr } = await failedStart({ DATA_DIR: path.join(folder, 'below') })
  expect(stderr).toMatch(/^tmf678-server: the folder \S+ for Postgres is not writable: EACCES[^\n]*\n$/)
  expect(code).toBe(1)
})

function file(): string {
  const name = path.join(dataFolder(), 'file')
  writeFileSync(name, '')
  return name
}

/** Returns a port that accepts connections and says nothing. */
function silentDatabase(): string {
  return `postgres://user:hush-hush@127.0.0.1:${takenPort}/bills`
}
