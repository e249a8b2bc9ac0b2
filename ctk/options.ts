import path from 'node:path'
import { parseArgs } from 'node:util'
import type { TokenRequest } from './token.ts'

/** Paths are absolute. */
export interface Options {
  readonly help: boolean
  /** Base URL of the API, ending in `/`; without it a server is started on demo data. */
  readonly url?: string
  /** Sent with every request; the values are secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** Credentials for a token, sent with every request. */
  readonly token?: TokenRequest
  readonly kit?: string
  readonly reports: string
}

/** A mistake of the caller: one line, exit code 2. */
export class UsageError extends Error {}

export const USAGE = `npm run ctk [-- options]

  --url URL               run against this server, e.g. http://127.0.0.1:3000/customerBillManagement/v4/
                          (without it the server is started on demo data, and stopped afterwards; it gets its
                          token itself)
  --header 'Name: value'  send this header with every request; repeatable. npm prints its command line: a token goes
                          into the environment variable CTK_TOKEN instead, or use npm run -s
  --token-url URL         get a token there first, and send it with every request, with
    --client-id NAME      this client and the secret of the environment variable CTK_CLIENT_SECRET, and
    --username NAME       this user and the password of CTK_PASSWORD, which is sent as its SHA-256
                          (without a user by client_credentials)
  --kit FOLDER            run an unpacked official TM Forum kit instead of the own collection
  --reports FOLDER        where the reports go; default: reports
  --help                  show this`

/**
 * Reads the arguments, and secrets from the environment, where others do not see them. Relative paths start from
 * `callerFolder`. Throws a UsageError.
 */
export function parseOptions(args: readonly string[], callerFolder: string, env: Environment = {}): Options {
  const values = parse(args)
  const { help = false, url, header = [], kit, reports = 'reports' } = values
  const token = tokenRequest(values, env)
  const given: Record<string, string> = env.CTK_TOKEN ? { Authorization: `Bearer ${env.CTK_TOKEN}` } : {}
  if (token && url === undefined) throw new UsageError('--token-url goes with --url; a started server needs no more')
  return {
    help,
    ...(url === undefined ? {} : { url: baseUrl(url) }),
    headers: { ...given, ...Object.fromEntries(header.map(headerPair)) },
    ...(token && { token }),
    ...(kit === undefined ? {} : { kit: path.resolve(callerFolder, kit) }),
    reports: path.resolve(callerFolder, reports)
  }
}

/** Returns the caller's folder: npm runs scripts in the project's folder and passes the caller's along. */
export function callerFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env
  return script === 'ctk' && folder !== undefined ? folder : process.cwd()
}

type Environment = Readonly<Record<string, string | undefined>>

function tokenRequest(values: ReturnType<typeof parse>, env: Environment): TokenRequest | undefined {
  const { 'token-url': url, 'client-id': clientId, username } = values
  if (url === undefined) {
    if (clientId === undefined && username === undefined) return undefined
    throw new UsageError('--client-id and --username go with --token-url')
  }
  const { CTK_CLIENT_SECRET: clientSecret, CTK_PASSWORD: password } = env
  if (clientId === undefined || !clientSecret) {
    throw new UsageError('--token-url needs --client-id, and the environment variable CTK_CLIENT_SECRET')
  }
  const client = { url: httpUrl('--token-url', url).href, clientId, clientSecret }
  if (username === undefined) return client
  if (!password) throw new UsageError('--username needs the environment variable CTK_PASSWORD')
  return { ...client, user: { name: username, password } }
}

/** Adds the final `/` that relative paths need. */
function baseUrl(text: string): string {
  const { href } = httpUrl('--url', text)
  return href.endsWith('/') ? href : `${href}/`
}

function httpUrl(option: string, text: string): URL {
  const url = URL.parse(text.trim())
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${option} is not the http(s) address of a server: ${text}`)
  }
  // The URL is printed and written to the reports.
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`${option} may not hold a user or a password; send them by --header 'Authorization: ...'`)
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError(`${option} may not have a query or a fragment`)
  return url
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        url: { type: 'string' },
        header: { type: 'string', multiple: true },
        'token-url': { type: 'string' },
        'client-id': { type: 'string' },
        username: { type: 'string' },
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

/** Keeps the value, a secret, out of the message. */
function headerPair(text: string): [string, string] {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S.*?)\s*$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new UsageError("--header must look like 'Name: value'")
  return [name, value]
}
