import { afterEach, expect, it } from 'vitest'
import { newId } from '../../src/base/ulid.ts'
import { sql } from '../../src/db/sql.ts'
import { parsed } from '../support/answer.ts'
import { createTestDatabase } from '../support/database.ts'
import { BASE } from '../support/server.ts'
import { post } from './run-world.ts'
import { CREDENTIAL, cleanUp, failedStart, startServer, statusOf, until } from './server-process.ts'

afterEach(cleanUp)

it('one process serves requests and does no jobs, another one does the jobs and serves probes only', async () => {
  const { url, database, drop } = await createTestDatabase()
  const api = await startServer({ DATABASE_URL: url, ROLE: 'api' })
  const customer = await post(api.root, `${BASE}/customers`, { name: 'Ada' })
  const account = await post(api.root, `${BASE}/accounts`, { id: newId(), name: 'Ada', customerId: customer.id })
  const asked = await post(api.root, `${BASE}/customerBillOnDemand`, { billingAccount: { id: account.id } })
  const stateOf = async () => {
    const response = await fetch(`${api.root}${BASE}/customerBillOnDemand/${asked.id}`, { headers: CREDENTIAL })
    return parsed(await response.text()).state
  }
  const runners = sql`SELECT FROM pg_stat_activity
    WHERE "datname" = current_database() AND "application_name" = 'tmf678-server jobs'`
  expect([await stateOf(), (await database.run(runners)).rowCount]).toEqual(['inProgress', 0])
  const worker = await startServer({ DATABASE_URL: url, ROLE: 'worker', PUBLIC_URL: api.root })
  await until('the worker has done the request', async () => (await stateOf()) !== 'inProgress')
  expect(await Promise.all([api, worker].map(({ root }) => statusOf(`${root}/health/ready`)))).toEqual([200, 200])
  for (const path of [`${BASE}/customerBill`, '/oauth/token', '/docs']) {
    expect([path, await statusOf(worker.root + path)]).toEqual([path, 404])
  }
  expect([await worker.stop(), await api.stop()]).toMatchObject([{ code: 0 }, { code: 0 }])
  await drop()
})

it('a worker needs the address of the API', async () => {
  expect(await failedStart({ ROLE: 'worker' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('PUBLIC_URL')
  })
})
