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

/** Each is one rule that no linter knows. Those of tests are in tidy-test-bans.ts, of tables in tidy-writers.ts. */
export const BANS: readonly Ban[] = [
  {
    what: 'process.env',
    pattern: /process\.env\b/,
    offence: 'const port = process.env.PORT',
    where: /^src\//,
    except: ['src/server.ts', 'src/cli.ts', 'src/db/embedded/home.ts'],
    because: 'config.ts reads the environment once'
  },
  {
    what: 'console',
    pattern: /\bconsole\./,
    offence: 'console.log(1)',
    where: /^src\//,
    except: ['src/server.ts', 'src/cli.ts', 'src/banner.ts', 'src/db/schema-engine.ts'],
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
    what: 'a second way to write a resource',
    pattern: /\bserved\(/,
    offence: 'const bill = served(customerBill, {})',
    where: /^src\//,
    except: ['src/billing/catalogue.ts', 'src/billing/cycles/cycle.ts', 'src/events/hub.ts'],
    because: 'what is served has all of its rules; see catalogue.ts'
  },
  {
    what: 'a fault of a field without a code',
    pattern: /\b(?:error|message): ['`](?:must|is|has|cannot) /,
    offence: "z.string({ error: 'must be a text' })",
    where: /^src\//,
    // Of the environment, which no client sends.
    except: ['src/config.ts', 'src/auth/sso/settings.ts', 'src/mail/settings.ts'],
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
  }
]
