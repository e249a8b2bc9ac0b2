import type { Database } from './database.ts'
import { sql } from './sql.ts'
export const asClient = (database: Database) => ({
  query: async (text: string) => ({ rows: (await database.run(sql([text]))).rows.map(([name]) => ({ name: name ?? null })) })
})
