import { type Sql, sql } from '../../src/db/sql.ts'
import type { TestDatabase } from '../support/database.ts'

/** A database that fails to write some bills, whatever their data. */
export interface Fault {
  /** Returns the number of tries. */
  attempts(): Promise<number>
  /** Ends the waits of failed jobs, which would take minutes. */
  hurry(): Promise<void>
  mend(): Promise<void>
}

/** Breaks the writing of bills for which a condition on NEW holds. */
export async function breakBills({ database }: TestDatabase, condition: Sql): Promise<Fault> {
  // A sequence also counts in transactions that roll back.
  await database.run(sql`CREATE SEQUENCE "test_attempts"`)
  await database.run(sql`CREATE FUNCTION "test_break"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM nextval('test_attempts');
    RAISE EXCEPTION 'the disk is broken' USING ERRCODE = 'io_error';
  END $$`)
  await database.run(sql`CREATE TRIGGER "test_broken" BEFORE INSERT ON "customer_bill" FOR EACH ROW
    WHEN (${condition}) EXECUTE FUNCTION "test_break"()`)
  return {
    attempts: async () => {
      const { rows } = await database.run(sql`SELECT CASE WHEN "is_called" THEN "last_value" ELSE 0 END
        FROM "test_attempts"`)
      return Number(rows[0]?.[0])
    },
    hurry: async () => {
      const { rowCount } = await database.run(sql`UPDATE graphile_worker._private_jobs SET run_at = now()
        WHERE run_at > now() AND locked_at IS NULL AND attempts < max_attempts`)
      if (rowCount > 0) await database.run(sql`SELECT pg_notify('jobs:insert', '{"count":1}')`)
    },
    mend: async () => {
      await database.run(sql`DROP TRIGGER "test_broken" ON "customer_bill"`)
    }
  }
}
