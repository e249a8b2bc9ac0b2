import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COLLECTION_FILE, collection, collectionText } from '../../ctk/collection.ts'
import { samples } from '../../ctk/folders/samples.ts'
import type { Summary } from '../../ctk/runner.ts'
import { type DemoServer, startDemoServer } from '../../ctk/server.ts'
import { DEMO } from '../../sample-data/credentials.ts'
import { ctkProcess, lastLine, readReport, requestsOf } from './command.ts'

const README = new URL('../../README.md', import.meta.url)
/** A run's issued bills and billed rates stay. */
const BILLED: Readonly<Record<string, number>> = { customerBill: 3, appliedCustomerBillingRate: 6 }

const requests = collection().item.flatMap(requestsOf)
let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-test-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('commits the collection as its declarations say', () => {
  expect(readFileSync(COLLECTION_FILE, 'utf8')).toBe(collectionText())
})

it('has as many requests as the README tells', () => {
  const readme = readFileSync(README, 'utf8')
  const told =
    /collection of (\d+) requests is[\s\S]*the (\d+) requests of[\s\S]* and (\d+) more[\s\S]*\n(\d+) requests, /
  const [all, published, more, printed] = (told.exec(readme) ?? []).slice(1).map(Number)
  expect([all, printed]).toEqual([requests.length, requests.length])
  expect([published, Number(published) + Number(more)]).toEqual([20, requests.length])
})

describe('on one server with demo data', () => {
  let server: DemoServer

  beforeAll(async () => {
    server = await startDemoServer()
  })

  afterAll(() => server.stop())

  it.each(['first', 'second'])(
    'the %s run passes every assertion, writes both reports and leaves nothing behind but what was billed',
    async (run) => {
      const before = await counts(server.url)
      const at = ['--url', server.url, '--token-url', new URL('/oauth/token', server.url).href]
      const as = ['--client-id', DEMO.tenantId, '--username', DEMO.username]
      const outcome = await ctkProcess(folder, ...at, ...as, '--reports', run)
      const summary = readReport(folder, run, 'ctk')
      expect(failuresOf(summary), outcome.output + outcome.errors).toEqual([])
      expect(outcome.code).toBe(0)
      expect(summary.assertions.total).toBeGreaterThanOrEqual(200)
      const total = requests.length
      expect(summary.requests).toEqual({ total, repeated: summary.results.length - total, skipped: 0 })
      expect(lastLine(outcome)).toBe(`${summary.assertions.passed} passed, 0 failed`)
      expect(readFileSync(path.join(folder, run, 'ctk.html'), 'utf8')).toContain('AppliedCustomerBillingRate')
      const left = before.map(([type, count]) => [type, count + (BILLED[type] ?? 0)])
      expect(await counts(server.url)).toEqual(left)
    }
  )
})

/** Counts the resources of each type. */
async function counts(url: string): Promise<readonly (readonly [type: string, count: number])[]> {
  const headers = { token: DEMO.apiKey }
  return Promise.all(
    samples.map(async ({ path }) => {
      const list = await fetch(`${url}${path}?limit=0`, { headers })
      return [path, Number(list.headers.get('X-Total-Count'))] as const
    })
  )
}

function failuresOf({ results }: Summary): unknown[] {
  return results.filter(({ failed, errors }) => failed.length + errors.length > 0)
}
