import type { Database } from './db/database.ts'
import { pendingMigrations } from './db/migrations.ts'
import { SERVER } from './messages/server.ts'
import { anyQuery, type Endpoint, endpoint, noBody } from './tmf/serving/endpoint.ts'

const LATER = { 'Retry-After': '5' }
const PROBE = { method: 'GET', tag: 'health', access: 'public' } as const
const READING = { query: anyQuery, body: noBody } as const

/**
 * `/live`: the process answers. `/ready`: it can serve. The database answers, takes changes and is migrated, and the
 * jobs do not stand still; `standstill` says why they do.
 */
export function healthEndpoints(standstill: () => string | undefined): readonly Endpoint[] {
  const live = endpoint({
    ...PROBE,
    ...READING,
    path: '/live',
    operationId: 'retrieveLiveness',
    summary: 'Check the process',
    description: 'A liveness probe.',
    replies: { 200: { description: 'The process answers', schema: statusSchema('live') } },
    handle: async () => ({ json: '{"status":"live"}' })
  })
  const ready = endpoint({
    ...PROBE,
    ...READING,
    path: '/ready',
    operationId: 'retrieveReadiness',
    summary: 'Check the service',
    description: `A readiness probe. The database answers, takes changes and is migrated, and the jobs of the process do
not stand still. Otherwise the response is 503 with the reason.`,
    replies: { 200: { description: 'The server can serve requests', schema: statusSchema('ready') } },
    handle: async (_, { database }) => {
      await database.requireWritable()
      await requireMigrated(database)
      const reason = standstill()
      if (reason) throw SERVER.jobsStandStill(reason).with(LATER)
      return { json: '{"status":"ready"}' }
    }
  })
  return [live, ready]
}

function statusSchema(status: string) {
  return { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: [status] } } }
}

/** Throws a Problem while the database lacks migrations or does not answer. */
export async function requireMigrated(database: Database): Promise<void> {
  const { length } = await pendingMigrations(database)
  if (length > 0) throw SERVER.migrationsPending(length).with(LATER)
}
