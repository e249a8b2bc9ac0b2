import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { sql } from '../../src/db/sql.ts'
import { deliveryFigures } from '../../src/events/figures.ts'
import { type MetricsServer, startMetrics } from '../../src/metrics/server.ts'
import { secrets, testConfig } from '../support/config.ts'
import { createTestDatabase, KEYS, TENANT, type TestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'

const PROMTOOL = '/usr/bin/promtool'
const OPS = path.resolve(import.meta.dirname, '../../ops')
const JOBS = { queued: 2, oldestReadySeconds: 1.5, underWay: 1, replacedRunners: 0, warnings: 0 }

let store: TestDatabase
let app: Awaited<ReturnType<typeof buildApp>>
let metrics: MetricsServer
let isSilent = false
beforeAll(async () => {
  store = await createTestDatabase()
  const { database } = store
  app = await buildApp({ config: testConfig(), secrets, database, logger: pino({ level: 'silent' }) })
  const sources = {
    database: {
      run: (statement: Parameters<typeof database.run>[0]) =>
        isSilent ? Promise.reject(new Error('silent')) : database.run(statement),
      connections: database.connections
    },
    jobs: async () => JOBS,
    delivery: async () => ({ ...(await deliveryFigures(database)), attempts: { 200: 3, timeout: 1 } })
  }
  metrics = await startMetrics(app, sources, { host: '127.0.0.1', port: 0 })
  await app.ready()
  await database.run(sql`INSERT INTO "verification" ("tenant_id", "kind", "verified_at", "seconds", "difference")
    VALUES (${TENANT}, 'ledger', '2026-11-30T02:00Z', 1.5, NULL), ('other', 'ledger', '2026-11-29T02:00Z', 1, 'x'),
      (${TENANT}, 'audit', '2026-11-30T02:00Z', 1, NULL)`)
})
afterAll(async () => {
  await metrics.stop()
  await app.close()
  await store.drop()
})

const get = (headers: Record<string, string>, url: string) => app.inject({ method: 'GET', url, headers })

async function scrape(): Promise<string> {
  const response = await fetch(metrics.url)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)])
  return response.text()
}

test('tells of requests by pattern of the route, of the pool, of jobs and of verifications', async () => {
  isSilent = true
  expect(await scrape()).toContain('tmf678_metrics_failures_total 1')
  isSilent = false
  const id = 'nobodys-bill'
  await get({ token: KEYS[TENANT] }, `${BASE}/customerBill/${id}`)
  await get({ token: KEYS[TENANT] }, `${BASE}/customerBill`)
  await get({}, '/made/up/by/anybody')
  const text = await scrape()
  const lines = text.split('\n')
  for (const line of [
    `tmf678_http_request_duration_seconds_count{method="GET",route="${BASE}/customerBill/:id",status_class="4xx"} 1`,
    `tmf678_http_request_duration_seconds_count{method="GET",route="${BASE}/customerBill",status_class="2xx"} 1`,
    'tmf678_http_request_duration_seconds_count{method="GET",route="none",status_class="4xx"} 1',
    'tmf678_database_waiting_requests 0',
    'tmf678_jobs{state="queued"} 2',
    'tmf678_jobs{state="running"} 1',
    'tmf678_jobs_oldest_ready_seconds 1.5',
    'tmf678_bill_runs{state="failed"} 0',
    'tmf678_event_listeners{state="suspended"} 0',
    'tmf678_event_recent_attempts{outcome="timeout"} 1',
    'tmf678_uploads{state="failed"} 0',
    'tmf678_bills_overdue 0',
    'tmf678_verification_sound{kind="ledger"} 0',
    'tmf678_verification_sound{kind="audit"} 1',
    `tmf678_verification_timestamp_seconds{kind="ledger"} ${Date.parse('2026-11-29T02:00Z') / 1_000}`
  ]) {
    expect(lines).toContain(line)
  }
  expect(text).not.toContain(id)
  expect(text).not.toContain('anybody')
})

test('serves nothing else, and nothing of it on the port of the API', async () => {
  expect((await fetch(new URL('/', metrics.url))).status).toBe(404)
  expect((await fetch(metrics.url, { method: 'POST' })).status).toBe(404)
  expect((await get({}, '/metrics')).statusCode).toBe(404)
})

test('cannot listen where somebody else does', async () => {
  const other = buildApp({ config: testConfig(), secrets, database: store.database, logger: pino({ level: 'silent' }) })
  const settings = { host: '127.0.0.1', port: Number(new URL(metrics.url).port) }
  const sources = { database: store.database, jobs: async () => undefined, delivery: async () => undefined }
  await expect(startMetrics(await other, sources, settings)).rejects.toThrow('Cannot listen for metrics on 127.0.0.1')
  await (await other).close()
})

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

const DASHBOARD: Dashboard = JSON.parse(readFileSync(path.join(OPS, 'dashboard.json'), 'utf8'))
const EXPRESSIONS = DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const ALERTS = readFileSync(path.join(OPS, 'alerts.yml'), 'utf8')
const PAGE = readFileSync(path.join(OPS, '../docs/operations.md'), 'utf8')

test('dashboard and alerts use metrics that there are, and the dashboard shows all of them', async () => {
  const text = await scrape()
  const named = (from: string) => new Set(from.match(/\b(?:tmf678|nodejs|process)_[a-z0-9_]+/g))
  const there = new Set([...text.matchAll(/^([a-z]\w+)(?:\{| )/gm)].map(([, name]) => String(name)))
  const used = [...named(EXPRESSIONS.join()), ...named(ALERTS)].filter((name) => name !== 'tmf678_server')
  expect(used.length).toBeGreaterThan(20)
  expect(used.filter((name) => !there.has(name))).toEqual([])
  const own = [...text.matchAll(/^# TYPE (tmf678_\w+)/gm)].map(([, name]) => String(name))
  const shown = EXPRESSIONS.join()
  expect(own.filter((name) => !shown.includes(name))).toEqual([])
  expect(own.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([])
})

test('every alert has an entry in the runbook', () => {
  const alerts = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name]) => String(name))
  const entries = [...PAGE.matchAll(/^### (Tmf678\w+)$/gm)].map(([, name]) => String(name))
  expect(alerts.length).toBeGreaterThan(10)
  expect(entries).toEqual(alerts)
})

describe.skipIf(!existsSync(PROMTOOL))(
  'promtool, if it is installed (skipped LOUDLY without Debian package prometheus)',
  () => {
    const run = (...words: readonly string[]) => promisify(execFile)(PROMTOOL, words, { cwd: OPS })

    test('finds no fault in the names of the metrics', async () => {
      const checking = run('check', 'metrics')
      checking.child.stdin?.end(await scrape())
      expect(await checking).toEqual({ stdout: '', stderr: '' })
    })

    test('raises each alert when it should, and none on a quiet day', async () => {
      expect((await run('test', 'rules', 'alerts.test.yml')).stdout).toContain('SUCCESS')
    })

    test('reads every expression of the dashboard', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-dashboard-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const file = path.join(folder, 'rules.yml')
      const rules = EXPRESSIONS.map((expr) => ({ record: 'x', expr: expr.replaceAll('$__rate_interval', '1m') }))
      const numbered = rules.map(({ expr }, at) => ({ record: `x${at}`, expr }))
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: numbered }] }))
      expect((await run('check', 'rules', file)).stdout).toContain(`SUCCESS: ${rules.length} rules found`)
    })
  }
)
