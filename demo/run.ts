// `npm run demo`: plays a month of billing and prints it. Exits with 1 at the first wrong figure.
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { StartError } from '../src/base/start-error.ts'
import { readConfig } from '../src/config.ts'
import { ACCOUNTS_MAX, ACCOUNTS_MIN } from './cast.ts'
import { Unexpected } from './expectation.ts'
import { stageMonth } from './staging.ts'

const FAILED = 1
const MISUSED = 2
const ACCOUNTS = '300'
const HELP = `Usage: npm run demo -- [--accounts NUMBER]

Plays the last full month of a provider on a fresh database, and checks every figure. Without DATABASE_URL it takes a
Postgres of its own, which it removes at the end; with it that database, which must be migrated and have no bill or
account. It leaves a document in reports/demo. NUMBER is ${ACCOUNTS} by default.`

async function main(): Promise<void> {
  const { accounts, help } = readArguments()
  if (help) return console.log(HELP)
  const { username: name } = userInfo()
  await stageMonth({
    config: readConfig(process.env),
    accounts: readCount(accounts),
    actor: { type: 'command', id: name, name },
    screen: { isTerminal: process.stdout.isTTY, write: (text) => process.stdout.write(text) }
  })
}

function readArguments() {
  try {
    return parseArgs({
      options: { accounts: { type: 'string', default: ACCOUNTS }, help: { type: 'boolean', default: false } }
    }).values
  } catch (error) {
    return misused(error instanceof Error ? String(error.message.split(/\.\s/)[0]) : String(error))
  }
}

function readCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= ACCOUNTS_MIN && count <= ACCOUNTS_MAX) return count
  return misused(`--accounts must be a number from ${ACCOUNTS_MIN} to ${ACCOUNTS_MAX}`)
}

function misused(message: string): never {
  console.error(`tmf678-server: ${message}`)
  process.exit(MISUSED)
}

function fail(error: unknown): void {
  const isTold = error instanceof StartError || error instanceof Unexpected
  console.error(isTold ? `tmf678-server: ${error.message}` : error)
  process.exitCode = FAILED
}

await main().catch(fail)
