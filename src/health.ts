import type { FastifyInstance } from 'fastify'
import type { Database } from './db/database.ts'
import { pendingMigrations } from './db/migrations.ts'
import { SERVER } from './messages/server.ts'

const LATER = { 'Retry-After': '5' }
const PUBLIC = { config: { access: 'public' } } as const

/**
 * `/health/live`: the process answers. `/health/ready`: it can serve. The database answers, takes changes and is
 * migrated, and the jobs do not stand still; `standstill` says why they do.
 */
export function registerHealth(app: FastifyInstance, database: Database, standstill: () => string | undefined): void {
  app.get('/health/live', PUBLIC, async () => ({ status: 'live' }))
  app.get('/health/ready', PUBLIC, async () => {
    await database.requireWritable()
    await requireMigrated(database)
    const reason = standstill()
    if (reason) throw SERVER.jobsStandStill(reason).with(LATER)
    return { status: 'ready' }
  })
}

/** Throws a Problem while the database lacks migrations or does not answer. */
export async function requireMigrated(database: Database): Promise<void> {
  const { length } = await pendingMigrations(database)
  if (length > 0) throw SERVER.migrationsPending(length).with(LATER)
}
