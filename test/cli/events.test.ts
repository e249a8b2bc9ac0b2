import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SECRET_KEYS } from '../support/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const PROJECT = path.resolve(import.meta.dirname, '../..')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Runs `events tail` in a process of its own. */
function tail(...args: readonly string[]) {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, HOME, NODE_COMPILE_CACHE, SECRET_KEYS, DATABASE_URL: server.url }
  const words = ['src/cli.ts', 'events', 'tail', '--tenant', 'demo', ...args]
  const child = spawn(path.join(PROJECT, 'node_modules/.bin/node'), words, { cwd: PROJECT, env })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exit = once(child, 'close')
  return {
    lines: () => output.split('\n').slice(0, -1),
    interrupt: async () => {
      child.kill('SIGINT')
      const [code] = await exit
      return { code, errors }
    },
    end: async () => {
      const [code] = await exit
      return { code, output, errors }
    }
  }
}

const addBill = async () => (await server.call('POST', 'customerBill', { billingAccount: { id: 'A' } })).body.id

test('events tail prints earlier and new events in order, and ends with 0 at Ctrl-C', async () => {
  const first = await addBill()
  const tailing = tail('--from', '2020-01-01T00:00:00Z')
  await until('the first event is there', () => tailing.lines().length === 1)
  const second = await addBill()
  await server.call('PATCH', `customerBill/${second}`, { state: 'onHold' })
  await until('the new events are there', () => tailing.lines().length === 3)
  const { body } = await server.call('GET', 'events')
  const told = body.map(({ eventTime, eventId, eventType, resourceVersion, event }) =>
    [eventTime, eventId, eventType, `customerBill/${event.customerBill.id}`, resourceVersion].join('  ')
  )
  expect(tailing.lines()).toEqual(told)
  expect(body.map(({ event }) => event.customerBill.id)).toEqual([first, second, second])
  expect(await tailing.interrupt()).toEqual({ code: 0, errors: '' })
})

test('events tail prints whole events of the wanted types', async () => {
  await server.call('PATCH', `customerBill/${await addBill()}`, { state: 'onHold' })
  const types = ['--type', 'CustomerBillStateChangeEvent', '--type', 'CustomerBillDeleteEvent']
  const tailing = tail('--from', '2020-01-01T00:00:00Z', '--json', ...types)
  const { body } = await server.call('GET', 'events?eventType=CustomerBillStateChangeEvent')
  await until('the events are there', () => tailing.lines().length === body.length)
  expect(tailing.lines().map((line) => JSON.parse(line).eventId)).toEqual(body.map(({ eventId }) => eventId))
  expect(await tailing.interrupt()).toMatchObject({ code: 0 })
})

test.each([
  [['--from', 'yesterday'], '--from must be an instant: 2026-11-30T10:00:00Z'],
  [['--type', 'BillEvent'], '--type must be one of CustomerBillCreateEvent, ']
])('events tail does not take %j', async (args, message) => {
  const { code, errors } = await tail(...args).end()
  expect([code, errors.startsWith(`tmf678-server: ${message}`)]).toEqual([2, true])
})
