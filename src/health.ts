import type { FastifyInstance } from 'fastify'
import { Problem } from './base/problem.ts'
import type { Database } from './db/database.ts'
import { pendingMigrations } from './db/migrations.ts'

/** `/health/live`: the process answers. `/health/ready`: it can serve, so the database answers and is migrated. */
export function registerHealth(app: FastifyInstance, database: Database): void {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async () => {
    const pending = await pendingMigrations(database)
    if (pending.length === 0) return { status: 'ready' }
    throw new Problem('unavailable', `${pending.length} migrations of the database are pending; run npm run db:migrate`)
  })
}
