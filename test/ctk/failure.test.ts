import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collection } from '../../ctk/collection.ts'
import { ctkOf, lastLine, readReport, requestsOf, startStub } from './command.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tmf678-ctk-test-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('against a server that answers wrongly', () => {
  const names = ['Authentication', 'CustomerBill from POST to DELETE', 'Errors']
  const some = { ...collection(), item: collection().item.filter(({ name }) => names.includes(name)) }
  const withCredential = some.item.flatMap(requestsOf).filter(({ request }) => request.auth === undefined)

  it('exits 1, counts the failed assertions and keeps the value of a header out of everything it says', async () => {
    const stub = await startStub(({ headers }) => JSON.stringify([{ id: 'x', echo: headers.authorization }]))
    const header = 'Authorization: Bearer never-show-this'
    const outcome = await ctkOf(some)(folder, '--url', stub.url, '--header', header, '--reports', 'wrong')
    stub.stop()
    const { assertions } = readReport(folder, 'wrong', 'ctk')
    expect(outcome.code, outcome.errors).toBe(1)
    expect(assertions.failed).toBeGreaterThan(100)
    expect(lastLine(outcome)).toBe(`${assertions.passed} passed, ${assertions.failed} failed`)
    const sent = Object.groupBy(stub.asked, ({ headers }) => headers.authorization ?? 'nothing')
    // Requests that test missing credentials go without.
    expect(sent.nothing?.length).toBeGreaterThan(10)
    expect(sent['Bearer nonsense']).toHaveLength(1)
    expect(sent['Bearer never-show-this']).toHaveLength(withCredential.length)
    const files = ['ctk.json', 'ctk.html'].map((name) => readFileSync(path.join(folder, 'wrong', name), 'utf8'))
    for (const said of [outcome.output, outcome.errors, ...files]) expect(said).not.toContain('never-show-this')
  })

  it('exits 1 when nothing answers', async () => {
    const { code, output } = await ctkOf(some)(folder, '--url', 'http://127.0.0.1:1/api/v4/', '--reports', 'nobody')
    expect(code).toBe(1)
    expect(readReport(folder, 'nobody', 'ctk').errors).toBeGreaterThan(0)
    expect(output).toContain('ECONNREFUSED')
  })
})
