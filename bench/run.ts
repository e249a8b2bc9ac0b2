import { mkdirSync, writeFileSync } from 'node:fs'
import { benchmark } from './benchmark.ts'
import { openBenchServer } from './database.ts'
import { parseOptions, USAGE, UsageError } from './options.ts'
import { gatesOf, printable } from './report.ts'

const FOLDER = 'reports'
const REPORT = `${FOLDER}/bench.json`
const FAILED = 1
const WRONG_USAGE = 2

/** `npm run bench`: prints the results and writes them to a file. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options.help) {
      console.log(USAGE)
      return 0
    }
    const server = await openBenchServer(process.env.BENCH_DATABASE_URL)
    // A signal stops the servers, too.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void server.stop().finally(() => process.exit(FAILED)))
    }
    const report = await benchmark(server, options).finally(() => server.stop())
    const gates = gatesOf(report)
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(REPORT, `${JSON.stringify({ ...report, gates }, undefined, 2)}\n`)
    console.log(`\n${printable(report)}\n\n${REPORT}`)
    return gates.every(({ isMet }) => isMet) ? 0 : FAILED
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`)
    return error instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

process.exitCode = await main(process.argv.slice(2))
