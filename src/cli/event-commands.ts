import { once } from 'node:events'
import { type Instant, parseInstant } from '../base/instant.ts'
import type { Queryable } from '../db/database.ts'
import { count, optional, scalar } from '../db/row.ts'
import { sql } from '../db/sql.ts'
import { writeEvent } from '../events/envelope.ts'
import { EVENT_TYPES } from '../events/event-types.ts'
import { type EventRow, eventsAfter, horizon } from '../events/outbox.ts'
import { within } from '../pace/within.ts'
import { type Arguments, type Command, type Context, Misuse, type Result } from './command.ts'
import { enterTenant } from './lookup.ts'

const LOOK_INTERVAL_MS = 200
const BATCH = 100
/** A command does not know the server's address. */
const ADDRESSES = { api: '/customerBillManagement/v4', billing: '/billing/v1' }

export const eventCommands: Readonly<Record<string, Command>> = {
  'events tail': {
    description: 'prints events as they happen, until it is interrupted',
    options: ['tenant', 'type', 'from', 'json'],
    details: () =>
      'Each is a line with its time, its id, its type, and the resource with its version. --from INSTANT, such as\n' +
      '2026-11-30T10:00:00Z, begins with earlier ones; --type names the wanted types; --json prints whole events.',
    prepare: (args) => {
      const from = readFrom(args)
      const types = readTypes(args)
      const write = args.options.json ? (event: EventRow) => writeEvent(event, ADDRESSES) : lineOf
      return async (context) => {
        const { tenantId } = (await enterTenant(context, args)).view
        return tail(context, tenantId, await placeOf(context.database, tenantId, from), (event) =>
          types.length === 0 || types.includes(event.eventType) ? write(event) : undefined
        )
      }
    }
  }
}

async function tail(
  { database, print, interruption }: Context,
  tenantId: string,
  start: number,
  write: (event: EventRow) => string | undefined
): Promise<Result> {
  const signal = interruption()
  const interrupted = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  let position = start
  while (!signal.aborted) {
    const until = await horizon(database)
    const events = await eventsAfter(database, { tenantId }, position, until, BATCH)
    for (const line of events.map(write)) if (line !== undefined) print(line)
    const last = events.length === BATCH ? events.at(-1) : undefined
    position = last?.position ?? Math.max(position, until)
    if (!last) await within(LOOK_INTERVAL_MS, interrupted)
  }
  return { text: '' }
}

/** Returns the place before the first event of an instant or later, or the end. */
async function placeOf(queryable: Queryable, tenantId: string, from: Instant | undefined): Promise<number> {
  const end = await horizon(queryable)
  if (from === undefined) return end
  const first = await queryable.run(sql`SELECT min("position") - 1 FROM "event"
    WHERE "tenant_id" = ${tenantId} AND "event_time" >= ${from} AND "position" <= ${end}`)
  return scalar(first, optional(count)) ?? end
}

function lineOf({ eventTime, id, eventType, resourcePath, resourceId, resourceVersion }: EventRow): string {
  return `${eventTime}  ${id}  ${eventType}  ${resourcePath}/${resourceId}  ${resourceVersion}`
}

function readFrom({ options: { from } }: Arguments): Instant | undefined {
  const instant = from === undefined ? undefined : parseInstant(from)
  if (from !== undefined && instant === undefined) throw new Misuse('--from must be an instant: 2026-11-30T10:00:00Z')
  return instant
}

function readTypes({ options: { type = [] } }: Arguments): readonly string[] {
  const wrong = type.find((name) => !EVENT_TYPES.has(name))
  if (wrong !== undefined) throw new Misuse(`--type must be one of ${[...EVENT_TYPES.keys()].join(', ')}`)
  return type
}
