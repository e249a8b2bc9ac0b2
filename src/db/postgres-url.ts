export interface PostgresUrl {
  /** At least one; a host that begins with `/` is the folder of a Unix socket. Undefined means the driver's default. */
  readonly hosts: readonly PostgresHost[]
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly database?: string | undefined
  readonly sslMode?: SslMode | undefined
  readonly targetSession?: TargetSession | undefined
  readonly parameters: ReadonlyMap<string, string>
}

export interface PostgresHost {
  readonly host?: string | undefined
  readonly port?: number | undefined
}

/** The driver's own `no-verify` encrypts without checking the server. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

export const TARGET_SESSIONS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const
export type TargetSession = (typeof TARGET_SESSIONS)[number]

const URL_FORM = /^postgres(?:ql)?:\/\/(?:([^@/?#:]*)(?::([^@/?#]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const HOST_FORM = /^(\[[\da-f:.%]+\]|[^:[\]]*)(?::(\d{1,5})?)?$/i
const PORT_MAX = 65_535

/** Parameters with a field here, or passed on by connection.ts. */
const PARAMETERS = new Set([
  ...['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'],
  ...['options', 'application_name', 'fallback_application_name', 'connect_timeout', 'target_session_attrs'],
  ...['keepalives', 'client_encoding', 'gssencmode']
])

/** Throws an Error that says what is wrong and quotes no secret. */
export function parsePostgresUrl(text: string): PostgresUrl {
  const [whole, user, password, hosts = '', database, query = ''] = URL_FORM.exec(text) ?? []
  if (whole === undefined) throw new Error('must be a postgres:// address')
  const parameters = parseParameters(query)
  const named = (name: string, fromPath: string | undefined) =>
    parameters.get(name) || (fromPath ? decoded(fromPath) : undefined)
  return {
    hosts: parseHosts(parameters.get('host') ?? '', parameters.get('port') ?? '', hosts),
    user: named('user', user),
    password: named('password', password),
    database: named('dbname', database),
    sslMode: oneOf('sslmode', SSL_MODES, parameters),
    targetSession: oneOf('target_session_attrs', TARGET_SESSIONS, parameters),
    parameters
  }
}

export function withDatabase(url: string, database: string): string {
  const [, user, password, hosts = '', , query] = URL_FORM.exec(url) ?? []
  const login = user === undefined ? '' : `${user}${password === undefined ? '' : `:${password}`}@`
  return `postgres://${login}${hosts}/${encodeURIComponent(database)}${query ? `?${query}` : ''}`
}

function parseParameters(query: string): ReadonlyMap<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '')
  return new Map(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s).map(decoded)
      if (!PARAMETERS.has(name)) {
        const shown = /^[a-z_]{1,40}$/i.test(name) ? name : 'one of its names'
        throw new Error(`has a parameter that is not known (${shown}). Known are ${[...PARAMETERS].join(', ')}`)
      }
      return [name, value]
    })
  )
}

function parseHosts(listed: string, ports: string, authority: string): readonly PostgresHost[] {
  const texts = listed === '' ? authority.split(',') : listed.split(',')
  const given = ports === '' ? [] : ports.split(',').map(parsePort)
  if (given.length > 1 && given.length !== texts.length) throw new Error('must have one port, or one for every host')
  return texts.map((text, place) => {
    // A parameter is decoded already, and a folder may contain any character.
    const [whole, host = '', port] = listed === '' ? (HOST_FORM.exec(text) ?? []) : [text, text]
    if (whole === undefined || (host === '' && texts.length > 1)) throw new Error('has a host that is none')
    const name = listed === '' ? decoded(host).replace(/^\[(.*)\]$/, '$1') : host
    return { host: name || undefined, port: port ? parsePort(port) : (given[place] ?? given[0]) }
  })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > PORT_MAX) throw new Error('has a port that is none')
  return port
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a percent sign that begins no escape')
  }
}

function oneOf<T extends string>(
  name: string,
  values: readonly T[],
  parameters: ReadonlyMap<string, string>
): T | undefined {
  const given = parameters.get(name)
  const value = values.find((known) => known === given)
  if (given !== undefined && value === undefined) throw new Error(`must have ${values.join(', ')} as ${name}`)
  return value
}
