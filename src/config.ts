import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import type { AddressList } from './auth/access/address-list.ts'
import { requireWhole, ssoVariables } from './auth/sso/settings.ts'
import { parseSecretKeys } from './base/secret-keys.ts'
import { StartError, startError } from './base/start-error.ts'
import { messageOf } from './base/unknown.ts'
import { parsePostgresUrl } from './db/postgres-url.ts'
import { LOOPBACK, NO_NETWORKS, parseNetworks } from './events/callback-address.ts'
import { mailVariables, requireSender } from './mail/settings.ts'

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

/** Takes what the function reads; its error says what is wrong, without the value. */
function readBy<T>(read: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return read(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
      return z.NEVER
    }
  })
}

/** Takes the forms of libpq; no parser of web addresses takes all of them. */
const postgresUrl = readBy((text) => {
  parsePostgresUrl(text)
  return text
})

/** Secrets, which may also come from a file, as containers mount them. */
const SECRETS = ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'SMTP_URL', 'SSO_CLIENT_SECRET'] as const
const file = z.string().min(1).optional()

/** Every environment variable of the server; `.env.example` describes them, and a test keeps both alike. */
export const environment = z.object({
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_URL_FILE: file,
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL_FILE: file,
  DATA_DIR: z.string().min(1).default('.data'),
  MIGRATE_ON_START: flag.default(false),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(0, 65_535).default(3000),
  METRICS_HOST: z.string().min(1).optional(),
  METRICS_PORT: whole(0, 65_535).optional(),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .refine((url) => !/[?#@]/.test(url), { error: 'must have no user, query or fragment' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  TRUST_PROXY: z
    .string()
    .refine(isTrustProxy, 'must be true, false, a number of hops, or a list of addresses and networks')
    .default('false')
    .transform(trustProxy),
  SECRET_KEYS: readBy(parseSecretKeys).optional(),
  SECRET_KEYS_FILE: file,
  BOOTSTRAP_TENANT: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be the id of a tenant')
    .optional(),
  BOOTSTRAP_ADMIN_PASSWORD_FILE: file,
  BOOTSTRAP_CLIENT_SECRET_FILE: file,
  IF_MATCH_WEAK: flag.default(false),
  OAUTH_QUERY_CREDENTIALS: flag.default(true),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATABASE_POOL_SIZE: whole(1, 1_000).default(10),
  DATABASE_CONNECT_TIMEOUT_MS: whole(100, 600_000).default(5_000),
  DATABASE_STATEMENT_TIMEOUT_MS: whole(100, 600_000).default(10_000),
  REQUEST_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  KEEP_ALIVE_TIMEOUT_MS: whole(100, 600_000).default(65_000),
  SHUTDOWN_TIMEOUT_MS: whole(100, 600_000).default(10_000),
  BODY_LIMIT_BYTES: whole(1_024, 104_857_600).default(1_048_576),
  BODIES_LIMIT_BYTES: whole(1_024, 10_737_418_240).default(33_554_432),
  UPLOAD_LIMIT_BYTES: whole(1_024, 1_099_511_627_776).default(1_073_741_824),
  MAX_CONNECTIONS: whole(1, 100_000).default(1_000),
  BILL_RUN_CHUNK_ACCOUNTS: whole(1, 10_000).default(500),
  MAX_EVENT_LOOP_DELAY_MS: whole(0, 60_000).default(1_000),
  QUEUE_TIMEOUT_MS: whole(100, 600_000).default(5_000),
  EXPENSIVE_SECONDS_PER_MINUTE: whole(0, 600).default(30),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000).optional(),
  CORS_ORIGINS: z
    .string()
    .refine(areOrigins, 'must be *, or a list of origins such as https://portal.example.com')
    .transform(origins)
    .optional(),
  EVENT_RETENTION_DAYS: whole(1, 3_650).default(30),
  UPLOAD_RETENTION_DAYS: whole(1, 3_650).default(90),
  WEBHOOK_ALLOW_NETWORKS: readBy((text) => parseNetworks(text.split(',').map((entry) => entry.trim()))).optional(),
  ...mailVariables,
  SMTP_URL_FILE: file,
  CUSTOMER_REQUESTS_PER_NETWORK: whole(1, 1_000_000).default(60),
  CUSTOMER_REQUESTS_PER_ADDRESS: whole(1, 1_000_000).default(10),
  CUSTOMER_REQUESTS_PER_PARTNER: whole(1, 1_000_000).default(600),
  CAPTCHA_VERIFY_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  ...ssoVariables,
  SSO_CLIENT_SECRET_FILE: file
})

export type Config = z.output<typeof environment>

/** Reads the environment once. Throws a StartError that lists all mistakes, without values. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable, as compose files set it, counts as unset.
  const given = Object.entries(env).filter((each): each is [string, string] => (each[1] ?? '').trim() !== '')
  const result = environment
    .superRefine(requireWhole)
    .superRefine(requireSender)
    .superRefine(requireRoot)
    .superRefine(requireBootstrap)
    .safeParse(withFiles(Object.fromEntries(given)))
  if (result.success) return result.data
  const mistakes = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new StartError(`The configuration is wrong. ${mistakes.join('; ')}`)
}

/** Reads the secrets that come from files. Throws a StartError, without the content. */
function withFiles(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const read = SECRETS.flatMap((name) => {
    const path = given[`${name}_FILE`]
    if (path === undefined) return []
    if (given[name] !== undefined) throw new StartError(`Either ${name} or ${name}_FILE, not both`)
    return [[name, readSecret(`${name}_FILE`, path)]]
  })
  return { ...given, ...Object.fromEntries(read) }
}

/** Returns the content of a file without the space around it. Throws a StartError. */
export function readSecret(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw startError(`${name} cannot be read`, error)
  }
}

const BOOTSTRAP = ['BOOTSTRAP_TENANT', 'BOOTSTRAP_ADMIN_PASSWORD_FILE', 'BOOTSTRAP_CLIENT_SECRET_FILE'] as const

/** All of them, or none. */
function requireBootstrap(variables: z.output<typeof environment>, context: z.RefinementCtx): void {
  const missing = BOOTSTRAP.filter((name) => variables[name] === undefined)
  if (missing.length === BOOTSTRAP.length) return
  for (const name of missing) {
    context.addIssue({ code: 'custom', path: [name], message: 'is needed with the other BOOTSTRAP_ variables' })
  }
}

/** A worker has no request that says how the API is reached. */
function requireRoot({ ROLE, PUBLIC_URL }: z.output<typeof environment>, context: z.RefinementCtx): void {
  if (ROLE !== 'worker' || PUBLIC_URL !== undefined) return
  context.addIssue({
    code: 'custom',
    path: ['PUBLIC_URL'],
    message: 'is needed by a worker: links in events and mails begin with it'
  })
}

/** Returns the networks of callbacks beside the public ones; the embedded database is for trying on one machine. */
export function callbackNetworks({ WEBHOOK_ALLOW_NETWORKS, DATABASE_URL }: Config): AddressList {
  return WEBHOOK_ALLOW_NETWORKS ?? (DATABASE_URL ? NO_NETWORKS : LOOPBACK)
}

function isTrustProxy(value: string): boolean {
  return /^(true|false|\d{1,2})$/.test(value) || value.split(',').every((network) => isNetwork(network.trim()))
}

function isNetwork(text: string): boolean {
  const [, address = '', bits = '1'] = /^([^/]+?)(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? []
  return isIP(address) > 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128)
}

function areOrigins(value: string): boolean {
  return value.trim() === '*' || value.split(',').every((text) => ORIGIN.test(text.trim()) && URL.canParse(text))
}

const ORIGIN = /^https?:\/\/[^\s/?#@*]+\/?$/i

/** As browsers send them: in lower case, without a default port. */
function origins(value: string): readonly string[] {
  return value.trim() === '*' ? ['*'] : value.split(',').map((text) => new URL(text).origin)
}

/** As Fastify takes it: all or none, the nearest n hops, or the listed addresses. */
function trustProxy(value: string): boolean | string | ((address: string, hop: number) => boolean) {
  if (value === 'true' || value === 'false') return value === 'true'
  return /^\d+$/.test(value) ? (_, hop) => hop < Number(value) : value
}
