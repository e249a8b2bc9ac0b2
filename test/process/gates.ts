import pg from 'pg'
import { until } from './server-process.ts'

/** Writes of a chunk's transaction: a blow may fall between any two. */
const TABLES = ['customer_bill', 'applied_customer_billing_rate', 'ledger_entry', 'bill_run_chunk'] as const
/** Later moments may never come: some accounts have nothing to bill. */
const LATEST = 0.7

/** Places where a run stops until it is hit: no blow comes too late on a busy machine. */
export interface Gates {
  /** Waits until a transaction of the run reaches a gate. */
  untilReached(gate: number): Promise<void>
  open(gate: number): Promise<void>
  end(): Promise<void>
}

/** Closes gates at random moments: after a number of bills, and after writing one of the tables. */
export async function closeGates(url: string, accounts: number, count: number, random: () => number): Promise<Gates> {
  const moments = Array.from({ length: count }, () => Math.floor(random() * accounts * LATEST)).sort((a, b) => a - b)
  const keeper = await connect(url)
  await keeper.query(`CREATE TABLE gate (number int PRIMARY KEY, bills int, on_table text);
    CREATE FUNCTION stand() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE each int;
      BEGIN
        FOR each IN SELECT number FROM gate
          WHERE on_table = TG_TABLE_NAME AND bills <= (SELECT count(*) FROM customer_bill) LOOP
          PERFORM pg_advisory_xact_lock_shared(0, each);
        END LOOP;
        RETURN NULL;
      END $$`)
  for (const [gate, bills] of moments.entries()) {
    await keeper.query('SELECT pg_advisory_lock(0, $1)', [gate])
    await keeper.query('INSERT INTO gate VALUES ($1, $2, $3)', [gate, bills, TABLES[Math.floor(random() * 4)]])
  }
  for (const table of TABLES) {
    await keeper.query(`CREATE TRIGGER stand AFTER INSERT OR UPDATE ON ${table} EXECUTE FUNCTION stand()`)
  }
  return {
    untilReached: async (gate) => {
      const watcher = await connect(url)
      const standing = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND NOT granted`
      await until(`gate ${gate} is reached`, async () => ((await watcher.query(standing, [gate])).rowCount ?? 0) > 0)
      await watcher.end()
    },
    // Gone with the session if Postgres crashed.
    open: async (gate) => void (await keeper.query('SELECT pg_advisory_unlock(0, $1)', [gate]).catch(() => undefined)),
    end: async () => void (await keeper.end().catch(() => undefined))
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  // Some tests wait for a crash of Postgres.
  client.on('error', () => undefined)
  await client.connect()
  return client
}
