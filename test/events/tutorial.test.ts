import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { later } from '../../src/base/instant.ts'
import { CREDENTIAL, cleanUp, startServer, until } from '../process/server-process.ts'
import { parsed } from '../support/answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'

const PROJECT = path.resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(path.join(PROJECT, 'docs/events.md'), 'utf8')
const hasPython = spawnSync('python3', ['--version']).status === 0

let store: TestDatabase
let folder: string
let receiver: ChildProcess | undefined
beforeEach(async () => {
  store = await createTestDatabase()
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-tutorial-'))
})
afterEach(async () => {
  receiver?.kill('SIGKILL')
  await cleanUp()
  await store.drop()
  rmSync(folder, { recursive: true })
})

/** Returns the first snippet of the page in a language. */
function snippet(language: string): string {
  return String(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(PAGE)?.[1])
}

/** Runs the receiver of the page as it stands there. */
function runReceiver(api: string): () => string {
  const file = path.join(folder, 'receiver.mjs')
  writeFileSync(file, snippet('js'))
  const env = { PATH: process.env.PATH, API: api, PORT: '0' }
  receiver = spawn(path.join(PROJECT, 'node_modules/.bin/node'), [file], { env })
  let output = ''
  for (const stream of [receiver.stdout, receiver.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return () => output
}

test('the receiver of the page subscribes, prints an event with a right signature, and refuses any other', async () => {
  const { root } = await startServer({ DATABASE_URL: store.url, WEBHOOK_ALLOW_NETWORKS: '127.0.0.1' })
  const api = root + BASE
  const output = runReceiver(api)
  await until('the receiver has subscribed', () => /^subscribed as \w{26}$/m.test(output()))
  const [listener] = parsed(await (await fetch(`${api}/hub`, { headers: CREDENTIAL })).text())
  const forged = { 'webhook-id': '1', 'webhook-timestamp': String(2 ** 31), 'webhook-signature': 'v1,AAAA' }
  const refused = await fetch(String(listener?.callback), { method: 'POST', headers: forged, body: '{}' })
  expect(refused.status).toBe(400)
  const headers = { ...CREDENTIAL, 'content-type': 'application/json' }
  const body = JSON.stringify({ billingAccount: { id: 'BA-1' }, amountDue: { unit: 'EUR', value: 19.99 } })
  const made = parsed(await (await fetch(`${api}/customerBill`, { method: 'POST', headers, body })).text())
  await until('the event is there', () => output().includes('verified'))
  expect(output()).toMatch(new RegExp(`^verified \\S{24} CustomerBillCreateEvent \\S+/customerBill/${made.id}$`, 'm'))
})

describe.skipIf(!hasPython)('the check in Python', () => {
  const secret = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`
  const body = '{"name":"ü","value":1.10}'

  test.each([
    ['takes a right signature', 0, secret, body, 'True'],
    ['refuses another body', 0, secret, `${body} `, 'False'],
    ['refuses another secret', 0, `whsec_${Buffer.alloc(32, 'other').toString('base64')}`, body, 'False'],
    ['refuses an old one', -301, secret, body, 'False']
  ])('%s', (_, age, checked, received, verdict) => {
    // A signature of another secret comes first, as it may while a secret is replaced.
    const now = new Date(later(systemClock(), age))
    const headers = {
      'webhook-id': '01M8',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': `v1,AAAA ${new Webhook(secret).sign('01M8', now, body)}`
    }
    const file = path.join(folder, 'check.py')
    const call = 'import json, sys\nprint(is_verified(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3].encode()))\n'
    writeFileSync(file, `${snippet('python')}\n${call}`)
    const output = execFileSync('python3', [file, checked, JSON.stringify(headers), received], { encoding: 'utf8' })
    expect(output.trim()).toBe(verdict)
  })
})
