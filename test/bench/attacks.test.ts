import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { attacks } from '../../bench/attack-cases.ts'
import { attackGates, attackTable } from '../../bench/attack-report.ts'
import { runWaves } from '../../bench/waves.ts'
import { parseQuery } from '../../src/tmf/query/query.ts'

function attacked(factor: number, ...failures: readonly string[]) {
  const quiet = { perSecond: 100, p50Ms: 1, p99Ms: 3 }
  const answers = { 206: 3, 503: 7 }
  return { name: 'lists', title: 'lists', quiet, attacked: { ...quiet, p99Ms: 3 * factor }, failures, answers }
}

test.each([
  ['hardly notices', attacked(5), [true, true]],
  ['waits', attacked(5.1), [false, true]],
  ['is refused', attacked(1, '2 times 503'), [true, false]],
  ['is not answered at all', attacked(Number.NaN), [false, true]]
])('the gates judge an attack whose neighbour %s', (_, result, met) => {
  expect(attackGates([result]).map(({ isMet }) => isMet)).toEqual(met)
})

test('the table of attacks has the neighbour without and with each, and what the attacker was answered', () => {
  expect(attackTable([attacked(2)])).toBe(`bill by id of a neighbour  requests/s  p50 ms  p99 ms  attacker is answered
-------------------------  ----------  ------  ------  --------------------
quiet                          100.00    1.00    3.00
lists                          100.00    1.00    6.00      3 x 206, 7 x 503`)
})

test('waves are sent again when all of one are answered, and tell what the answers were', async () => {
  const held: ServerResponse[] = []
  let most = 0
  const server = createServer((_, response) => {
    most = Math.max(most, held.push(response))
    if (held.length < 3) return
    for (const [at, each] of held.splice(0).entries()) each.writeHead([200, 429, 200][at] ?? 500).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const wave = Array(3).fill({ method: 'GET', path: '/' })
  const answers = await runWaves({ origin: `http://127.0.0.1:${port}`, seconds: 0.1, headers: {}, wave })
  server.close()
  expect(most).toBe(3)
  expect(answers['200']).toBe(2 * Number(answers['429']))
})

test('the queries of the attacks are good ones: nothing but their cost speaks against them', async () => {
  const scene = { databaseUrl: '', origin: '', headers: {} }
  const names = ['json-path', 'patterns', 'long-lists', 'offsets', 'exact-counts']
  for (const { wave } of attacks.filter(({ name }) => names.includes(name))) {
    for (const { path } of await wave(scene)) expect(() => parseQuery(path.split('?')[1] ?? '')).not.toThrow()
  }
})
