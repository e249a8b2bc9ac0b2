import { readFileSync } from 'node:fs'
import { COLLECTION_FILE } from './collection.ts'
import { loadKit } from './kit.ts'
import { callerFolder, type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { printable, reportFiles, secretsOf, writeReports } from './report.ts'
import { isPassed, type RunOptions, runCollection } from './runner.ts'
import { startDemoServer } from './server.ts'
import { demoTokenRequest, fetchToken, type TokenRequest } from './token.ts'

const FAILED = 1
const WRONG_USAGE = 2

/** `npm run ctk`: answers the exit code. Says what happens on the console and in two files of reports. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, callerFolder(), process.env)
    if (options.help) {
      console.log(USAGE)
      return 0
    }
    return await withServer(options, async (url, token) => runAndReport(await withToken(options, token), url))
  } catch (error) {
    console.error(`ctk: ${error instanceof Error ? error.message : error}`)
    return error instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

/** The server of `--url`, else one started for the run; a kit is read before, so that its mistakes show at once. */
async function withServer(
  options: Options,
  use: (url: string, token: TokenRequest | undefined) => Promise<number>
): Promise<number> {
  if (options.kit !== undefined) loadKit(options.kit, '')
  if (options.url !== undefined) return use(options.url, options.token)
  console.log('starting the server on demo data')
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const server = await startDemoServer(interruption.signal)
  try {
    return await Promise.race([use(server.url, demoTokenRequest(server.url)), aborted(interruption.signal)])
  } finally {
    await server.stop()
    if (interruption.signal.aborted) quit()
  }
}

/** A credential that the caller gave stands, alone. */
async function withToken(options: Options, request: TokenRequest | undefined): Promise<Options> {
  const isGiven = Object.keys(options.headers).some((name) => /^(authorization|token)$/i.test(name))
  if (request === undefined || isGiven) return options
  return { ...options, headers: { Authorization: `Bearer ${await fetchToken(request)}`, ...options.headers } }
}

/** A run that was interrupted would go on without its server. */
function quit(): never {
  console.error('ctk: interrupted')
  process.exit(FAILED)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

async function runAndReport(options: Options, url: string): Promise<number> {
  const files = reportFiles(options.reports, options.kit === undefined ? 'ctk' : 'ctk-kit')
  const plan = options.kit === undefined ? ownCollection(options, url) : officialKit(options, options.kit, url)
  const secrets = secretsOf(plan.headers ?? {})
  console.log(`running against ${url}`)
  const summary = await runCollection({ ...plan, html: files.html })
  writeReports(files, url, summary, secrets)
  console.log(`\nreports: ${files.html}, ${files.json}\n`)
  console.log(printable(summary, secrets))
  return isPassed(summary) ? 0 : FAILED
}

function ownCollection({ headers }: Options, url: string): RunOptions {
  const collection = JSON.parse(readFileSync(COLLECTION_FILE, 'utf8'))
  return { collection, variables: { baseUrl: url }, headers }
}

function officialKit({ headers }: Options, folder: string, url: string): RunOptions {
  const kit = loadKit(folder, url)
  return { ...kit, headers: { ...kit.headers, ...headers }, insecure: true }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
