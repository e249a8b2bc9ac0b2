import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { encodePassword } from '../../src/auth/sign-in/password.ts'
import { sql } from '../../src/db/sql.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { cleanUp, dataFolder, failedStart, startServer } from './server-process.ts'

const PASSWORD = 'correct horse'
const SECRET = 'battery-staple-battery-staple-battery'

afterEach(cleanUp)

it('two processes that start at once on a new database make its first tenant, which can sign in', async () => {
  const { url, database, drop } = await createEmptyDatabase()
  const folder = dataFolder()
  const [password, secret] = ['password', 'secret'].map((name) => path.join(folder, name)) as [string, string]
  writeFileSync(password, `${PASSWORD}\n`)
  writeFileSync(secret, `${SECRET}\n`)
  const files = { BOOTSTRAP_ADMIN_PASSWORD_FILE: password, BOOTSTRAP_CLIENT_SECRET_FILE: secret }
  const env = { DATABASE_URL: url, BOOTSTRAP_TENANT: 'acme', ...files }
  const servers = await Promise.all([startServer(env), startServer(env)])
  for (const { root } of servers) {
    const form = { grant_type: 'password', client_id: 'acme', client_secret: SECRET, username: 'admin' }
    const body = new URLSearchParams({ ...form, password: encodePassword(PASSWORD) })
    expect((await fetch(`${root}/oauth/token`, { method: 'POST', body })).status).toBe(200)
  }
  const made = await database.run(sql`SELECT t."id", t."is_operator", a."actor_name" FROM "tenant" t
    JOIN "audit" a ON a."tenant_id" = t."id" AND a."resource_type" = 'User'`)
  expect(made.rows).toEqual([['acme', 't', 'start']])
  expect(await failedStart({ ...env, BOOTSTRAP_TENANT: 'other' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the database has tenants already, and other is not among them')
  })
  writeFileSync(secret, SECRET.repeat(2))
  const changed = await startServer(env)
  await changed.stop()
  expect(changed.stdout()).toContain('tenant acme was changed since its first start')
  expect((servers[0]?.stdout() ?? '') + servers[0]?.stderr()).not.toContain('changed since')
  writeFileSync(secret, 'short')
  expect((await failedStart(env)).stderr).toContain('BOOTSTRAP_CLIENT_SECRET_FILE: at least 32 characters are needed')
  await drop()
})
