/** The used part of the Postman collection format v2.1, and short ways to write it. */
export interface Collection {
  readonly info: { readonly name: string; readonly description: string; readonly schema: string }
  readonly variable: readonly Pair[]
  readonly item: readonly Folder[]
}

export interface Folder {
  readonly name: string
  readonly description?: string
  readonly item: readonly (Folder | Item)[]
}

/** Postman's mark of a request without credentials. */
export const NO_AUTH = { type: 'noauth' } as const

export interface Item {
  readonly name: string
  readonly event: readonly Script[]
  readonly request: {
    readonly method: string
    readonly auth?: typeof NO_AUTH
    readonly header: readonly Pair[]
    readonly url: string
    readonly body?: { readonly mode: 'raw'; readonly raw: string }
  }
}

interface Pair {
  readonly key: string
  readonly value: string
}

interface Script {
  readonly listen: 'prerequest' | 'test'
  readonly script: { readonly type: 'text/javascript'; readonly exec: readonly string[] }
}

/** Lines of JavaScript for Postman's sandbox, mostly one `pm.test`; see checks.ts. */
export type Check = readonly string[]

export interface Extra {
  /** The shown name; by default the method and the path. */
  readonly name?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent without credentials. */
  readonly isOpen?: boolean
  /** Script lines that run before the request. */
  readonly before?: Check
}

export function folder(name: string, description: string, item: readonly (Folder | Item)[]): Folder {
  return description === '' ? { name, item } : { name, description, item }
}

/** `path` is relative to the base URL of the API, unless it begins with a variable of its own. */
export function get(path: string, checks: readonly Check[], extra: Extra = {}): Item {
  return request('GET', path, undefined, checks, extra)
}

/** DELETE, see `get`. */
export function remove(path: string, checks: readonly Check[], extra: Extra = {}): Item {
  return request('DELETE', path, undefined, checks, extra)
}

/** POST; a text is sent as it is, anything else as JSON. */
export function post(path: string, body: unknown, checks: readonly Check[], extra: Extra = {}): Item {
  return request('POST', path, body, checks, extra)
}

/** PATCH, as `application/json` unless `extra.headers` say otherwise; see `post`. */
export function patch(path: string, body: unknown, checks: readonly Check[], extra: Extra = {}): Item {
  return request('PATCH', path, body, checks, extra)
}

/** Without a body no Content-Type is sent. */
export function request(method: string, path: string, body: unknown, checks: readonly Check[], extra: Extra): Item {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const headers = { Accept: 'application/json', ...type, ...extra.headers }
  return {
    name: extra.name ?? `${method} ${path}`,
    event: [...script('prerequest', extra.before ?? []), ...script('test', checks.flat())],
    request: {
      method,
      ...(extra.isOpen ? { auth: NO_AUTH } : {}),
      header: Object.entries(headers).map(([key, value]) => ({ key, value })),
      url: path.startsWith('{{') && !path.startsWith('{{baseUrl}}') ? path : `{{baseUrl}}${path}`,
      ...(body === undefined ? {} : { body: { mode: 'raw', raw: raw(body) } })
    }
  }
}

/** Empty without lines. */
export function script(listen: Script['listen'], exec: Check): Script[] {
  return exec.length === 0 ? [] : [{ listen, script: { type: 'text/javascript', exec } }]
}

function raw(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}
