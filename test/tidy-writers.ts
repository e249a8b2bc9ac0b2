import type { Ban } from './tidy-bans.ts'

/** Tables that one room writes, since their rows keep promises to each other. */
const WRITERS: Readonly<Record<string, string>> = {
  account_balance: 'src/ledger',
  mail: 'src/mail',
  number_series: 'src/billing/issuing',
  payment: 'src/billing/payments',
  payment_allocation: 'src/billing/payments',
  upload: 'src/upload',
  upload_key: 'src/upload',
  upload_part: 'src/upload',
  uploaded_bill: 'src/upload'
}

const STATEMENTS = ['INSERT INTO', 'UPDATE', 'DELETE FROM'] as const

const OF_ROOMS: readonly Ban[] = Object.entries(WRITERS).map(([table, room]) => ({
  what: `a row of ${table}`,
  pattern: new RegExp(`(?:${STATEMENTS.join('|')}) "${table}"`),
  offence: STATEMENTS.map((statement) => `tx.run(sql\`${statement} "${table}" \`)`),
  where: new RegExp(`^src/(?!${room.replace('src/', '')}/)`),
  except: [],
  because: `only ${room} writes it`
}))

const LEDGER: Ban = {
  what: 'an entry of the ledger',
  pattern: /INSERT INTO "ledger_entry"/,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the offence.
  offence: 'sql`INSERT INTO "ledger_entry" SELECT ${x}`',
  where: /^src\//,
  except: ['src/ledger/post.ts'],
  because: 'one statement writes the ledger'
}

const JOURNAL: Ban = {
  what: 'a journal of a bill',
  pattern: /\binsertEntries\(/,
  offence: 'tx.run(insertEntries(rows))',
  where: /^src\//,
  except: ['src/ledger/post.ts', 'src/ledger/post-bills.ts'],
  because: 'post-bills.ts writes the journals of all bills'
}

const BUILT: Ban = {
  what: 'SQL that adds a tenant or a run',
  pattern: /INSERT INTO "(?:tenant|bill_run)"/,
  offence: 'sql`INSERT INTO "bill_run" ("tenant_id") VALUES (1)`',
  // Tests of the database know its rows.
  where: /^test\/(?!db\/|support\/)/,
  // Runs of all cycles at once.
  except: ['test/access/rows.ts', 'test/tidy-writers.ts'],
  because: 'test/support builds them'
}

export const WRITER_BANS: readonly Ban[] = [LEDGER, JOURNAL, BUILT, ...OF_ROOMS]
