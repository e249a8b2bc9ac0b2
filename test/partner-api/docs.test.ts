import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { fillDemoReseller } from '../../sample-data/reseller.ts'
import { startTestServer } from '../support/server.ts'

const PAGE = readFileSync('docs/partner-api.md', 'utf8')
const BETWEEN = '\n----\n'

test('the curl lines of the page work as they stand, and get its responses', async () => {
  const server = await startTestServer()
  await fillWithDemoData(server.database)
  await fillDemoReseller(server.database)
  await fillDemoCredentials(server.database)
  const root = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const steps = [...PAGE.matchAll(/```sh\n(.*?)```\n```json\n(.*?)\n```/gs)]
  expect(steps).toHaveLength(8)
  const cwd = await mkdtemp(path.join(tmpdir(), 'partner-'))
  const lines = steps.map(([, text = '']) => text.replaceAll('curl ', 'curl -sS ')).join(`printf '${BETWEEN}'\n`)
  const { stdout } = await promisify(execFile)('sh', ['-c', lines.replace('http://127.0.0.1:3000', root)], { cwd })
  expect(stdout.split(BETWEEN)).toEqual(steps.map(([, , response]) => response))
  await rm(cwd, { recursive: true })
  await server.close()
})
