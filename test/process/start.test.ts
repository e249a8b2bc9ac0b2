import { execFile } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { parsed } from '../support/answer.ts'
import { createTestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import {
  CREDENTIAL,
  cleanUp,
  dataFolder,
  failedStart,
  postgresPid,
  type ServerProcess,
  startServer,
  statusOf,
  until
} from './server-process.ts'

const WRITERS = 4
const ACKNOWLEDGED_MIN = 100
const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

afterEach(cleanUp)

describe('with a folder of its own', () => {
  it('prints its address, its docs, and four curl lines that work after the one for the token', async () => {
    const server = await startServer({ DATA_DIR: dataFolder(), METRICS_PORT: '0' })
    const metrics = /^Metrics on (.*)$/m.exec(server.stdout())?.[1]
    expect(await (await fetch(String(metrics))).text()).toContain('tmf678_database_waiting_requests 0')
    expect(server.stdout()).toContain(`Docs on ${server.root}/docs\n`)
    expect(await statusOf(`${server.root}/health/ready`)).toBe(200)
    const [fetchToken] = server.stdout().match(/^ +TOKEN=.*$/m) ?? []
    const lines = server.stdout().match(/^ +curl .*$/gm) ?? []
    expect(lines).toHaveLength(4)
    let demanded = 0
    for (const line of lines) {
      const { stdout } = await promisify(execFile)('sh', ['-c', `${fetchToken}\n${line} -sS -w '\n%{http_code}'`])
      const [, body = '', status] = /^(.*)\n(\d+)$/s.exec(stdout) ?? []
      expect(status, line).toMatch(/^2\d\d$/)
      expect(() => parsed(body), line).not.toThrow()
      const { id, state } = parsed(body)
      if (state === 'inProgress') {
        const settled = async () => {
          const response = await fetch(`${server.root}${BASE}/customerBillOnDemand/${id}`, { headers: CREDENTIAL })
          return parsed(await response.text()).state
        }
        await expect.poll(settled).not.toBe('inProgress')
        expect(await settled()).toBe('done')
        demanded += 1
      }
    }
    expect(demanded).toBe(1)
    expect(server.stderr()).toBe('')
  })

  it('goes on after SIGKILL amid writes, with everything it acknowledged', async () => {
    const folder = dataFolder()
    const first = await startServer({ DATA_DIR: folder })
    const acknowledged = new Set<string>()
    const writers = Array.from({ length: WRITERS }, () => writeUntilItDies(first, acknowledged))
    await until('writes are acknowledged', () => acknowledged.size >= ACKNOWLEDGED_MIN)
    await first.stop('SIGKILL')
    await Promise.all(writers)

    const second = await startServer({ DATA_DIR: folder })
    expect(await statusOf(`${second.root}/health/ready`)).toBe(200)
    for (const id of acknowledged) {
      expect(await statusOf(`${second.root}${BASE}/customerBillOnDemand/${id}`)).toBe(200)
    }
    expect(await second.stop()).toMatchObject({ code: 0 })
    expect(postgresPid(folder)).toBeUndefined()
  })

  it('goes on when its Postgres was killed with it', async () => {
    const folder = dataFolder()
    const first = await startServer({ DATA_DIR: folder })
    const acknowledged = new Set<string>()
    await post(first, acknowledged)
    process.kill(postgresPid(folder) ?? 0, 'SIGKILL')
    await first.stop('SIGKILL')

    const second = await startServer({ DATA_DIR: folder })
    const [id] = acknowledged
    expect(await statusOf(`${second.root}${BASE}/customerBillOnDemand/${id}`)).toBe(200)
  })
})

describe('with HOST', () => {
  const hosts = [
    { host: '0.0.0.0', printed: 'http://127.0.0.1:' },
    { host: '127.0.0.1', printed: 'http://127.0.0.1:' },
    { host: 'localhost', printed: 'http://localhost:' },
    { host: '::1', printed: 'http://[::1]:' },
    { host: '::', printed: 'http://127.0.0.1:' }
  ]
  const usable = hosts.filter(({ host }) => HAS_IPV6 || !host.includes(':'))
  it.each(usable)('$host it answers at the address that it prints', async ({ host, printed }) => {
    const store = await createTestDatabase()
    const server = await startServer({ DATABASE_URL: store.url, HOST: host })
    expect(server.root.startsWith(printed), server.root).toBe(true)
    expect(await statusOf(`${server.root}/health/ready`)).toBe(200)
    await server.stop()
    await store.drop()
  })

  it.each(['0.0.0.0', '::', '192.0.2.1'])('%s it does not start on the embedded database', async (HOST) => {
    const { code, stderr } = await failedStart({ DATA_DIR: dataFolder(), HOST })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^tmf678-server: .*credentials.*DATABASE_URL\n$/)
    })
  })
})

async function writeUntilItDies(server: ServerProcess, acknowledged: Set<string>): Promise<void> {
  while (server.child.signalCode === null) {
    await post(server, acknowledged).catch(() => undefined)
  }
}

/** Posts a request for a bill and notes its id. */
async function post(server: ServerProcess, acknowledged: Set<string>): Promise<Set<string>> {
  const response = await fetch(`${server.root}${BASE}/customerBillOnDemand`, {
    method: 'POST',
    headers: { ...CREDENTIAL, 'Content-Type': 'application/json' },
    body: JSON.stringify({ billingAccount: { id: 'A0815' } })
  })
  const { id } = parsed(await response.text())
  expect(response.status).toBe(201)
  return acknowledged.add(id)
}
