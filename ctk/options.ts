import path from 'node:path'
import { parseArgs } from 'node:util'

/** What the command line asks for; paths are absolute. */
export interface Options {
  readonly help: boolean
  /** Base URL of the API, ending in `/`; without it the server is started on demo data. */
  readonly url?: string
  /** Sent with every request; their values are secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** The folder of an unpacked official kit. */
  readonly kit?: string
  /** The folder of the reports. */
  readonly reports: string
}

/** What the caller did wrong: one line, exit code 2. */
export class UsageError extends Error {}

export const USAGE = `npm run ctk [-- options]

  --url URL               run against this server, e.g. http://127.0.0.1:3000/customerBillManagement/v4/
                          (without it the server is started on demo data, and stopped afterwards)
  --header 'Name: value'  send this header with every request; repeatable
  --kit FOLDER            run an unpacked official TM Forum kit instead of the own collection
  --reports FOLDER        where the reports go; default: reports
  --help                  show this`

/** Reads the arguments; relative paths are taken from `callerFolder`. Throws a UsageError. */
export function parseOptions(args: readonly string[], callerFolder: string): Options {
  const { help = false, url, header = [], kit, reports = 'reports' } = parse(args)
  return {
    help,
    ...(url === undefined ? {} : { url: baseUrl(url) }),
    headers: Object.fromEntries(header.map(headerPair)),
    ...(kit === undefined ? {} : { kit: path.resolve(callerFolder, kit) }),
    reports: path.resolve(callerFolder, reports)
  }
}

/** The folder of whoever called: npm runs its scripts in the folder of the project and tells where it was called. */
export function callerFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env
  return script === 'ctk' && folder !== undefined ? folder : process.cwd()
}

/** A base URL that ends in `/`, as relative paths need it. */
function baseUrl(text: string): string {
  const url = URL.parse(text.trim())
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url is not the http(s) address of a server: ${text}`)
  }
  // Such a URL would be printed and stand in the reports.
  if (url.username !== '' || url.password !== '') {
    throw new UsageError("--url may not hold a user or a password; send them by --header 'Authorization: ...'")
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError('--url may not have a query or a fragment')
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        url: { type: 'string' },
        header: { type: 'string', multiple: true },
        kit: { type: 'string' },
        reports: { type: 'string' }
      }
    }).values
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}; see --help`)
  }
}

function firstSentence(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split(/\.?(\n|\. )/)[0] ?? ''
}

/** The value is a secret and stays out of the message. */
function headerPair(text: string): [string, string] {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S.*?)\s*$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new UsageError("--header must look like 'Name: value'")
  return [name, value]
}
