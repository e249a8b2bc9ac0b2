import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { attacks } from '../../bench/attack-cases.ts'
import { clearAttacks } from '../../bench/attack-data.ts'
import { attackGates, attackTable } from '../../bench/attack-report.ts'
import { fetchToken, fillCredentials } from '../../bench/credentials.ts'
import { TENANT, withClient } from '../../bench/database.ts'
import { runWaves } from '../../bench/waves.ts'
import { parseQuery } from '../../src/tmf/query/query.ts'
import { startTestServer } from '../support/server.ts'

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
  const scene = { databaseUrl: '', origin: '', headers: {}, lines: 0 }
  const names = ['json-path', 'patterns', 'long-lists', 'offsets', 'exact-counts']
  for (const { wave } of attacks.filter(({ name }) => names.includes(name))) {
    for (const { path } of await wave(scene)) expect(() => parseQuery(path.split('?')[1] ?? '')).not.toThrow()
  }
})

test('attacks on documents, previews, logos and passwords are what they claim to be, and leave nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.adopt(await startTestServer(), (started) => started.close())
  const databaseUrl = server.url
  await withClient(databaseUrl, async (client) => {
    await client.query('INSERT INTO tenant (id, name) VALUES ($1, $1)', [TENANT])
    await fillCredentials(client, TENANT)
  })
  const origin = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const authorization = `Bearer ${await fetchToken(origin, TENANT)}`
  const scene = { databaseUrl, origin, headers: { authorization }, lines: 1_000 }
  const answers: [string, number, number][] = []
  for (const { name, wave } of attacks.slice(5)) {
    const [first, ...others] = await wave(scene)
    const sent = { ...first, headers: { ...scene.headers, ...first?.headers } }
    const answer = await fetch(origin + first?.path, sent)
    await answer.arrayBuffer()
    answers.push([name, 1 + others.length, answer.status])
  }
  expect(answers).toEqual([
    ['large-pdfs', 6, 200],
    ['itemised-pdfs', 6, 200],
    ['too-large-previews', 10, 200],
    ['large-previews', 10, 200],
    ['thin-logo', 1, 400],
    ['logos', 60, 200],
    ['users', 40, 201]
  ])
  const left = await withClient(databaseUrl, async (client) => {
    await clearAttacks(client)
    return client.query(`SELECT (SELECT count(*)::int FROM applied_customer_billing_rate) AS rates,
      (SELECT count(*)::int FROM oauth_user WHERE username LIKE 'ATTACK%') AS users,
      (SELECT branding FROM tenant WHERE id = 'bench') AS branding`)
  })
  expect(left.rows).toEqual([{ rates: 0, users: 0, branding: null }])
})
