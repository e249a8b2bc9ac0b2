/** A pattern that the code must not contain, except in some files. */
export interface Ban {
  readonly what: string
  readonly pattern: RegExp
  /** Texts that the pattern must find. */
  readonly offence: string | readonly string[]
  readonly where: RegExp
  readonly except: readonly string[]
  readonly because: string
}

/** Each is one rule that no linter knows. Tables with one writer are in tidy-writers.ts. */
export const BANS: readonly Ban[] = [
  {
    what: 'process.env',
    pattern: /process\.env\b/,
    offence: 'const port = process.env.PORT',
    where: /^src\//,
    except: ['src/main.ts', 'src/cli.ts', 'src/db/embedded/home.ts'],
    because: 'config.ts reads the environment once'
  },
  {
    what: 'console',
    pattern: /\bconsole\./,
    offence: 'console.log(1)',
    where: /^src\//,
    except: ['src/main.ts', 'src/cli.ts', 'src/banner.ts', 'src/db/schema-engine.ts'],
    because: 'a server logs through its logger'
  },
  {
    what: 'the clock',
    pattern: /Date\.now\(|new Date\(\)/,
    offence: 'const now = new Date()',
    where: /^src\//,
    except: [
      'src/base/clock.ts',
      'src/db/embedded/cluster.ts',
      'src/db/embedded/postgres.ts',
      'src/db/embedded/file-lock.ts'
    ],
    because: 'time comes from a Clock'
  },
  {
    what: 'Math.random',
    pattern: /Math\.random/,
    offence: 'const id = Math.random()',
    where: /^src\//,
    except: [],
    because: 'ids come from ulid.ts'
  },
  {
    what: 'floating-point arithmetic on amounts',
    pattern: /parseFloat|\.toFixed\(\d/,
    offence: 'const total = parseFloat(text)',
    where: /^src\//,
    except: [],
    because: 'amounts are decimals; see money.ts'
  },
  {
    what: 'SQL put together as text',
    pattern: /query\(\s*`[^`]*\$\{/,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the offence.
    offence: 'await client.query(`SELECT ${name}`)',
    where: /^src\//,
    except: ['src/db/migrations.ts', 'src/db/embedded/postgres.ts'],
    because: 'values and names go through sql.ts'
  },
  {
    what: 'unchecked SQL text',
    pattern: /\brawSql\(/,
    offence: 'rawSql(text)',
    where: /^(?!test\/)/,
    except: ['src/db/sql.ts'],
    because: 'values and names go through sql.ts'
  },
  {
    what: 'a row taken apart by position',
    // The compiler refuses row[0] and [a, b] = row: this finds the ways around it.
    pattern:
      /printedCells\(|rowMode|(?:Object\.\w+|String)\(rows?\b|\brows?(?:\[\w+\])? as (?:unknown|readonly|string)/,
    offence: [
      'const [id] = printedCells(row)',
      "const query = { text, rowMode: 'array' }",
      'const [id, name] = Object.values(row)',
      "const [id] = String(rows[0]).split(',')",
      'const [id] = row as unknown as string[]',
      'const id = (rows[0] as string[])[0]'
    ],
    where: /^(?!test\/)/,
    // One list of columns makes the SELECT and the reader: of JSON that is joined, of sort keys, of what is hashed.
    except: [
      'src/db/database.ts',
      'src/db/row.ts',
      'src/tmf/representation.ts',
      'src/tmf/page.ts',
      'src/audit/rows.ts'
    ],
    because: 'rows have names and types; see row.ts'
  },
  {
    what: 'a timer',
    pattern: /\bset(?:Timeout|Interval|Immediate)\b/,
    offence: 'setInterval(look, 1)',
    where: /^src\//,
    except: [
      'src/http/drain.ts',
      'src/pace/within.ts',
      'src/pace/aside.ts',
      'src/jobs/outage.ts',
      'src/when-ready.ts',
      'src/housekeeping.ts',
      'src/pace/turns.ts',
      'src/billing/jobs.ts',
      'src/events/dispatcher.ts',
      'src/cli/working.ts',
      'src/db/connection.ts',
      'src/events/feed.ts',
      'src/db/lifeline.ts',
      'src/db/embedded/postgres.ts',
      'src/db/embedded/cluster.ts',
      'src/db/embedded/file-lock.ts',
      'src/http/connections.ts',
      'src/http/long-body.ts',
      'src/fairness/request-slot.ts',
      'src/upload/receive.ts'
    ],
    because: 'waiting hides races'
  },
  {
    what: 'a configuration that sheds load',
    pattern: /\breadConfig\(/,
    offence: 'const config = readConfig({})',
    where: /^test\//,
    except: [
      'test/support/config.ts',
      'test/base/config.test.ts',
      'test/base/sso-settings.test.ts',
      'test/tidy-bans.ts'
    ],
    because: 'a busy machine fails no test; see test/support/config.ts'
  },
  {
    what: 'a stopwatch',
    pattern: /performance\.now|Date\.now/,
    offence: 'const start = performance.now()',
    where: /^test\//,
    except: [
      // Deadlines, bounds of hanging work, and least waits.
      'test/api/bulk-stream.test.ts',
      'test/api/hardening.test.ts',
      'test/bench/bench.test.ts',
      'test/chaos/chaos.test.ts',
      'test/db/embedded-postgres.test.ts',
      'test/jobs/supervisor.test.ts',
      'test/process/server-process.ts',
      'test/process/slow-client.test.ts',
      'test/support/seeded.ts',
      'test/support/until.ts',
      'test/tidy-bans.ts'
    ],
    because: 'no test depends on speed; count the work, or wait for a condition'
  },
  {
    what: 'a second way to write a resource',
    pattern: /\bserved\(/,
    offence: 'const bill = served(customerBill, {})',
    where: /^src\//,
    except: ['src/billing/catalogue.ts', 'src/billing/cycles/cycle.ts', 'src/events/hub.ts'],
    because: 'what is served has all of its rules; see catalogue.ts'
  },
  {
    what: 'a body without a type',
    // The linter finds the word `any`; this finds where it looks away, and members read of what is merely parsed.
    pattern: /noExplicitAny|const [[{][^\n=:]*[\]}] = [^\n]*JSON\.parse\(|\w\.json\(\)\)?(?: as|\.(?!to[A-Z]|not\b)\w)/,
    offence: 'const { id } = JSON.parse(text)',
    where: /^test\//,
    except: ['test/ctk/kit.test.ts', 'test/tidy-bans.ts'],
    because: 'support/answer.ts says what can be read of one'
  },
  {
    what: 'SQL that adds accounts or rates',
    pattern: /INSERT INTO "(?:customer|billing_account|applied_customer_billing_rate)"/,
    offence: 'sql`INSERT INTO "billing_account" ("tenant_id") VALUES (1)`',
    where: /^test\//,
    except: [
      'test/support/accounts.ts',
      'test/tidy-bans.ts',
      // Rates that no account has, copies of rows, and lines of bills.
      'test/api/money.test.ts',
      'test/api/turns.test.ts',
      'test/billing/bill-run-bills.test.ts',
      'test/documents/bill-sums.test.ts',
      'test/documents/large-bill.ts',
      // Rows for guards and migrations.
      'test/db/document-snapshot.test.ts',
      'test/db/usage-migration.test.ts',
      'test/db/guards.test.ts',
      'test/db/payment-reference-keys.test.ts',
      'test/ledger/foreign-bills.test.ts'
    ],
    because: 'test/support/accounts.ts builds them'
  },
  {
    what: 'a wait without an end',
    pattern: /\bfor \([^\n;]*; ?;|\bwhile \(!?\(*await\b|\bwhile \(true\)/,
    offence: 'while ((await count()) < 2) await pause()',
    where: /^test\//,
    except: ['test/tidy-bans.ts'],
    because: 'it hangs where it should fail; use support/until.ts'
  },
  {
    what: 'a fault of a field without a code',
    pattern: /\b(?:error|message): ['`](?:must|is|has|cannot) /,
    offence: "z.string({ error: 'must be a text' })",
    where: /^src\//,
    // Of the environment, which no client sends.
    except: ['src/config.ts', 'src/auth/sso/settings.ts'],
    because: 'messages/field.ts has all of them'
  },
  {
    what: 'a temporary table of drafts',
    pattern: /bill_draft|\b(?:DRAFT|LINE)_TABLE\b/,
    offence: 'sql`SELECT FROM "pg_temp"."bill_draft"`',
    where: /^src\/(?!billing\/drafts\/)/,
    except: [],
    because: 'drafts/ owns them; others read its relations'
  },
  {
    what: 'a default export',
    pattern: /^export default/m,
    offence: 'export default 1',
    where: /./,
    except: ['test/support/closing-line.ts'],
    because: 'a thing has one name'
  },
  {
    what: 'a skipped or lonely test',
    pattern: /\b(?:test|describe|it)\.(?:skip|only|todo)\b/,
    offence: "test.only('this', () => {})",
    where: /^test\//,
    except: ['test/tidy-bans.ts'],
    because: 'it hides what is broken'
  }
]
