import { Unexpected } from './expectation.ts'
import type { Narrator } from './narrator.ts'

/** The base of other paths. */
export const API = '/customerBillManagement/v4'
const BESIDE = /^\/(?:admin|billing|oauth|partner)\//
/** Length of an unexpected response in a message. */
const TOLD_MAX = 300

/** A request with its expected status. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** JSON, or text or bytes of another type or a form. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  /** Printed in place of a long or secret body. */
  readonly note?: string
}

export interface Reply<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

/** The public API. Each call throws Unexpected for another status or none. */
export interface Api {
  /** Prints nothing. */
  ask<T>(call: Call): Promise<Reply<T>>
  /** Prints the request, and what `describe` makes of the response. */
  show<T>(call: Call, describe: (reply: Reply<T>) => string): Promise<Reply<T>>
  download(call: Call): Promise<Reply<Buffer>>
}

interface Access {
  readonly root: string
  readonly token?: string
  readonly signal: AbortSignal
  readonly narrator: Narrator
}

export function get(path: string, headers: Call['headers'] = {}): Call {
  return { method: 'GET', path, headers, status: 200 }
}

export function post(path: string, body?: object, status = 201): Call {
  return { method: 'POST', path, status, ...(body && { body }) }
}

/** Returns the API at a root, with a token once there is one, until the signal. */
export function apiAt(access: Access): Api {
  const { narrator } = access
  const ask = async <T>(call: Call) => read<T>(await send(access, call))
  return {
    ask,
    show: async <T>(call: Call, describe: (reply: Reply<T>) => string) => {
      narrator.request(requestText(call))
      const reply = await ask<T>(call)
      narrator.answer(`${reply.status}  ${describe(reply)}`)
      return reply
    },
    download: async (call) => {
      const response = await send(access, call)
      const { status, headers } = response
      return { status, headers, body: Buffer.from(await response.arrayBuffer()) }
    }
  }
}

/** Parses JSON; returns anything else as text. */
async function read<T>(response: Response): Promise<Reply<T>> {
  const text = await response.text()
  const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '')
  const { status, headers } = response
  return { status, headers, body: (isJson ? JSON.parse(text) : text) as T }
}

async function send({ root, token, signal }: Access, call: Call): Promise<Response> {
  const { method, path, body, status } = call
  const isJson = typeof body === 'object' && !(body instanceof URLSearchParams || body instanceof Uint8Array)
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(isJson && { 'Content-Type': 'application/json' }),
    ...call.headers
  }
  const content = isJson
    ? JSON.stringify(body)
    : (body as string | URLSearchParams | Uint8Array<ArrayBuffer> | undefined)
  const url = `${root}${BESIDE.test(path) ? '' : API}${path}`
  const response = await fetch(url, { method, headers, signal, ...(content !== undefined && { body: content }) }).catch(
    (error: Error) => {
      signal.throwIfAborted()
      throw new Unexpected(`The demo expected an answer to ${method} ${path}, but none came: ${causeOf(error)}`)
    }
  )
  // A page of a list may be 206.
  if (response.status === status || (status === 200 && response.status === 206)) return response
  const said = (await response.text()).replace(/\s+/g, ' ').slice(0, TOLD_MAX)
  throw new Unexpected(`The demo expected ${method} ${path} to answer ${status}, but ${response.status} came: ${said}`)
}

function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}

function requestText({ method, path, body, headers = {}, note }: Call): string {
  const content = note ?? (body === undefined ? '' : JSON.stringify(body))
  const accept = headers.Accept ? `Accept: ${headers.Accept}` : ''
  return [method, path, content, accept].filter((part) => part !== '').join(' ')
}
