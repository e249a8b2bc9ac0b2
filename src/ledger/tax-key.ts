import { sql } from '../db/sql.ts'

/** Identifies the given taxes of a rate `r`; null for a line taxed by the account's profile. */
export const TAX_KEY = sql`(SELECT string_agg(concat(x->>'taxCategory', ':', x->>'taxRate'), ','
  ORDER BY x->>'taxCategory', x->>'taxRate') FROM jsonb_array_elements(nullif(r."applied_tax", '[]')) x)`
