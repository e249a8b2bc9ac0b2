import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { BILL_COLUMNS } from '../../src/upload/bill-row.ts'
import { startTestServer } from '../support/server.ts'

const PAGE = readFileSync('docs/upload.md', 'utf8')

test('the curl lines of the page work as they stand, and get its responses', async () => {
  const server = await startTestServer()
  await fillWithDemoData(server.database)
  await fillDemoCredentials(server.database)
  const root = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const steps = [...PAGE.matchAll(/```sh\n(.*?)```\n```(?:json|text)\n(.*?)\n```/gs)]
  expect(steps).toHaveLength(5)
  const cwd = await mkdtemp(path.join(tmpdir(), 'upload-'))
  let before = `root=${root}\n`
  for (const [, lines = '', response] of steps) {
    const { stdout } = await promisify(execFile)('sh', ['-c', `${before}${lines.replaceAll('curl ', 'curl -sS ')}`], {
      cwd
    })
    const shown = stdout.replaceAll(/http:[^"]*/g, 'http://…').replaceAll(/\b01[0-9A-HJKMNP-TV-Z]{24}\b/g, '01M7…')
    expect(shown.trim()).toBe(response)
    before += /^token=.*?\n(?= *\| sed).*?\n/ms.exec(lines)?.[0] ?? ''
  }
  await rm(cwd, { recursive: true })
  await server.close()
})

test('the page has all columns, and says which are required', () => {
  const columnsOfBills = PAGE.split('\n## Columns\n')[1]?.split('\n## ')[0] ?? ''
  const rows = [...columnsOfBills.matchAll(/^\| `(\w+)` \| (\w*)[^|]*\| [^|]+ \|$/gm)].map(([, name, need]) => [
    name,
    need === 'required'
  ])
  const columns = BILL_COLUMNS.map(({ name, isRequired = false }) => [name, isRequired])
  expect(rows.sort()).toEqual(columns.sort())
})
