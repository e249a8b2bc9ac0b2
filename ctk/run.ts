import { readFileSync } from 'node:fs'
import { COLLECTION_FILE } from './collection.ts'
import { loadKit } from './kit.ts'
import { callerFolder, type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { printable, reportFiles, secretsOf, writeReports } from './report.ts'
import { isPassed, type RunnableFolder, type RunOptions, runCollection } from './runner.ts'
import { startDemoServer } from './server.ts'
import { demoTokenRequest, fetchToken, type TokenRequest } from './token.ts'

const FAILED = 1
const WRONG_USAGE = 2

/** The caller's folder, environment and output. */
export interface Caller {
  /** Run unless a kit is named. */
  readonly collection: RunnableFolder
  /** Base of relative paths. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly say: (text: string) => void
  readonly complain: (text: string) => void
}

/** `npm run ctk`: reports to the caller and in two files. Returns the exit code. */
export async function runCommand(args: readonly string[], caller: Caller): Promise<number> {
  try {
    const options = parseOptions(args, caller.folder, caller.env)
    if (options.help) {
      caller.say(USAGE)
      return 0
    }
    return await withServer(options, caller, async (url, token) =>
      runAndReport(await withToken(options, token), url, caller)
    )
  } catch (error) {
    caller.complain(`ctk: ${error instanceof Error ? error.message : error}`)
    return error instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

/** Uses the server of `--url`, or starts one; reads a kit first, so that its mistakes show at once. */
async function withServer(
  options: Options,
  caller: Caller,
  use: (url: string, token: TokenRequest | undefined) => Promise<number>
): Promise<number> {
  if (options.kit !== undefined) loadKit(options.kit, '')
  if (options.url !== undefined) return use(options.url, options.token)
  caller.say('starting the server on demo data')
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const server = await startDemoServer(interruption.signal)
  try {
    return await Promise.race([use(server.url, demoTokenRequest(server.url)), aborted(interruption.signal)])
  } finally {
    await server.stop()
    if (interruption.signal.aborted) quit(caller)
  }
}

/** A credential of the caller replaces all others. */
async function withToken(options: Options, request: TokenRequest | undefined): Promise<Options> {
  const isGiven = Object.keys(options.headers).some((name) => /^(authorization|token)$/i.test(name))
  if (request === undefined || isGiven) return options
  return { ...options, headers: { Authorization: `Bearer ${await fetchToken(request)}`, ...options.headers } }
}

/** An interrupted run would continue without its server. */
function quit({ complain }: Caller): never {
  complain('ctk: interrupted')
  process.exit(FAILED)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

async function runAndReport(options: Options, url: string, { collection, say }: Caller): Promise<number> {
  const files = reportFiles(options.reports, options.kit === undefined ? 'ctk' : 'ctk-kit')
  const plan =
    options.kit === undefined ? ownCollection(options, collection, url) : officialKit(options, options.kit, url)
  const secrets = secretsOf(plan.headers ?? {})
  say(`running against ${url}`)
  const summary = await runCollection({ ...plan, html: files.html })
  writeReports(files, url, summary, secrets)
  say(`\nreports: ${files.html}, ${files.json}\n`)
  say(printable(summary, secrets))
  return isPassed(summary) ? 0 : FAILED
}

function ownCollection({ headers }: Options, collection: RunnableFolder, url: string): RunOptions {
  return { collection, variables: { baseUrl: url }, headers }
}

function officialKit({ headers }: Options, folder: string, url: string): RunOptions {
  const kit = loadKit(folder, url)
  return { ...kit, headers: { ...kit.headers, ...headers }, insecure: true }
}

if (import.meta.main) {
  const collection = JSON.parse(readFileSync(COLLECTION_FILE, 'utf8'))
  const caller = { collection, folder: callerFolder(), env: process.env, say: console.log, complain: console.error }
  process.exitCode = await runCommand(process.argv.slice(2), caller)
}
