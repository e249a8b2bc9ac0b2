import { afterEach, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { queued, startMailServer } from '../mail/mail-world.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, open } from './run-world.ts'
import { cleanUp, startServer, until } from './server-process.ts'

const LIMIT_MS = 600_000
const STATE = sql`SELECT "state" FROM "mail"`

afterEach(cleanUp)

test(
  'a mail whose server is killed between the commit and the sending is sent once, by the next server',
  async () => {
    const store = await createTestDatabase()
    const database = open(store.url)
    const [asked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const mails = await startMailServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onMailFrom: (_address, _session, callback) => {
        asked.resolve()
        letGo.promise.then(() => callback())
      }
    })
    const serve = () =>
      startServer({
        DATABASE_URL: store.url,
        SMTP_URL: `smtp://127.0.0.1:${mails.port}`,
        MAIL_FROM: 'no-reply@bills.test',
        LOG_LEVEL: 'silent'
      })
    const first = await serve()
    await queued(database)
    await asked.promise
    await first.stop('SIGKILL')
    letGo.resolve()
    expect([await ask(database, STATE), mails.received.length]).toEqual(['waiting', 0])
    await serve()
    await until('the mail is sent', async () => (await ask(database, STATE)) === 'sent', LIMIT_MS)
    expect(mails.received.map(({ to }) => to)).toEqual([['ada@example.com']])
    await mails.close()
    await database.close()
    await cleanUp()
    await store.drop()
  },
  LIMIT_MS
)
