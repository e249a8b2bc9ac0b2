import type { Ban } from './tidy-bans.ts'

/** Rules of the tests that no linter knows. */
export const TEST_BANS: readonly Ban[] = [
  {
    what: 'a configuration that sheds load',
    pattern: /\breadConfig\(/,
    offence: 'const config = readConfig({})',
    where: /^test\//,
    except: [
      'test/support/config.ts',
      'test/base/config.test.ts',
      'test/base/sso-settings.test.ts',
      'test/tidy-test-bans.ts'
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
      'test/tidy-test-bans.ts'
    ],
    because: 'no test depends on speed; count the work, or wait for a condition'
  },
  {
    what: 'a body without a type',
    // The linter finds the word `any`; this finds where it looks away, and members read of what is merely parsed.
    pattern: /noExplicitAny|const [[{][^\n=:]*[\]}] = [^\n]*JSON\.parse\(|\w\.json\(\)\)?(?: as|\.(?!to[A-Z]|not\b)\w)/,
    offence: 'const { id } = JSON.parse(text)',
    where: /^test\//,
    except: ['test/ctk/kit.test.ts', 'test/tidy-test-bans.ts'],
    because: 'support/answer.ts says what can be read of one'
  },
  {
    what: 'SQL that adds accounts or rates',
    pattern: /INSERT INTO "(?:customer|billing_account|applied_customer_billing_rate)"/,
    offence: 'sql`INSERT INTO "billing_account" ("tenant_id") VALUES (1)`',
    where: /^test\//,
    except: [
      'test/support/accounts.ts',
      'test/tidy-test-bans.ts',
      // Rates that no account has, copies of rows, and lines of bills.
      'test/api/money.test.ts',
      'test/api/turns.test.ts',
      'test/billing/bill-run-bills.test.ts',
      'test/db/tenant-guards.test.ts',
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
    except: ['test/tidy-test-bans.ts'],
    because: 'it hangs where it should fail; use support/until.ts'
  },
  {
    what: 'a hook that only the first file of a worker gets',
    pattern: /\b(?:before|after)(?:Each|All)\(/,
    offence: 'afterEach(() => stopAll())',
    where: /^test\/(?!.*\.test\.ts$)/,
    except: ['test/tidy-test-bans.ts'],
    because: 'a module is loaded once for all files of a worker; use onTestFinished'
  },
  {
    what: 'a skipped or lonely test',
    pattern: /\b(?:test|describe|it)\.(?:skip|only|todo)\b/,
    offence: "test.only('this', () => {})",
    where: /^test\//,
    except: ['test/tidy-test-bans.ts'],
    because: 'it hides what is broken'
  }
]
