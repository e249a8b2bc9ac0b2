import type pg from 'pg'

const LOGS = ['event', 'event_delivery', 'event_attempt', 'event_replay']

/** Removes all listeners and events. Only the owner of the tables may. */
export async function clearEvents(client: pg.Client): Promise<void> {
  await client.query('DELETE FROM event_listener')
  for (const table of LOGS) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
  await client.query(`TRUNCATE ${LOGS.join(', ')}`)
  for (const table of LOGS) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
}
