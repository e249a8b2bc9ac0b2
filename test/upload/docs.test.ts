import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pino from 'pino'
import { expect, test } from 'vitest'
import { fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { startBillingJobs } from '../../src/billing/jobs.ts'
import { BILL_COLUMNS } from '../../src/upload/bill-row.ts'
import { uploadJobs } from '../../src/upload/tasks.ts'
import { startTestServer } from '../support/server.ts'

const PAGE = readFileSync('docs/upload.md', 'utf8')
const PAYMENTS = readFileSync('docs/payments.md', 'utf8')
/** Of the README. */
const AUTH = `auth="Authorization: Bearer $(curl -sS $root/oauth/token -u demo:demo-secret -d grant_type=password \\
  -d username=admin -d password=$(printf demo | sha256sum | cut -d' ' -f1) -d scope=trust |
  sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')"\n`

test.each([
  { page: PAGE, name: 'upload', count: 7 },
  { page: PAYMENTS, name: 'payments', count: 5 }
])('the curl lines about $name work as they stand, and get the responses shown', async ({ page, count }) => {
  const server = await startTestServer()
  await fillWithDemoData(server.database)
  await fillDemoCredentials(server.database)
  const context = { database: server.database, clock: server.database.clock, newId: server.database.newId }
  const silent = pino({ level: 'silent' })
  const jobs = await startBillingJobs(server.url, { ...context, chunkAccounts: 10 }, silent, [uploadJobs(context)])
  const root = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const steps = [...page.matchAll(/```sh\n(.*?)```\n```(?:json|text)\n(.*?)\n```/gs)]
  expect(steps).toHaveLength(count)
  const cwd = await mkdtemp(path.join(tmpdir(), 'upload-'))
  let before = `root=${root}\n${AUTH}`
  for (const [, lines = '', response] of steps) {
    const { stdout } = await promisify(execFile)('sh', ['-c', `${before}${lines.replaceAll('curl ', 'curl -sS ')}`], {
      cwd
    })
    expect(shown(stdout)).toBe(response)
    before += [...lines.matchAll(/^(?:token|upload|payment|import|unmatched)=(?:\\\n|.)*\n/gm)].join('')
  }
  await rm(cwd, { recursive: true })
  await jobs.stop()
  await server.close()
})

function shown(output: string): string {
  return output
    .replaceAll(/\uFEFF|\r/g, '')
    .replaceAll(/http:[^"]*/g, 'http://…')
    .replaceAll(/\b01[0-9A-HJKMNP-TV-Z]{24}\b/g, '01M7…')
    .replaceAll(/"\d{4}-[\d-]+T[^"]*"/g, '"2026-…"')
    .replaceAll(/"rowsPerSecond":\d+/g, '"rowsPerSecond":10')
    .trim()
}

test('the page has all columns, and says which are required', () => {
  const columnsOfBills = PAGE.split('\n## Columns\n')[1]?.split('\n## ')[0] ?? ''
  const rows = [...columnsOfBills.matchAll(/^\| `(\w+)` \| (\w*)[^|]*\| [^|]+ \|$/gm)].map(([, name, need]) => [
    name,
    need === 'required'
  ])
  const columns = BILL_COLUMNS.map(({ name, isRequired = false }) => [name, isRequired])
  expect(rows.sort()).toEqual(columns.sort())
})
