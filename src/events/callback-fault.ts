import { memberOf } from '../base/unknown.ts'

/** Why a callback failed. After `redirected` and `status` an answer came. */
export type Fault =
  | 'addressRefused'
  | 'nameUnresolved'
  | 'connectionFailed'
  | 'tlsFailed'
  | 'connectionLost'
  | 'timeout'
  | 'answerMalformed'
  | 'redirected'
  | 'status'
  | 'aborted'

export class RefusedAddress extends Error {
  constructor() {
    super('the address is neither public nor of an allowed network')
  }
}

class TlsFailed extends Error {}

/** By the codes of undici and Node, or the name of an error without one. */
const BY_CODE: readonly (readonly [RegExp, Fault])[] = [
  [/^(?:UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/, 'timeout'],
  [/^(?:HPE_|HTTPParserError|UND_ERR_HEADERS_OVERFLOW)/, 'answerMalformed'],
  [/^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/, 'connectionLost']
]

export function faultOf(error: unknown): Fault {
  if (error instanceof RefusedAddress) return 'addressRefused'
  if (error instanceof TlsFailed) return 'tlsFailed'
  if (memberOf(error, 'name') === 'TimeoutError') return 'timeout'
  if (memberOf(error, 'syscall') === 'getaddrinfo') return 'nameUnresolved'
  const code = String(memberOf(error, 'code') ?? memberOf(error, 'name'))
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? 'connectionFailed'
}

/** Returns undefined for a status of 2xx. */
export function faultOfStatus(status: number): Fault | undefined {
  if (status >= 200 && status < 300) return undefined
  return status >= 300 && status < 400 ? 'redirected' : 'status'
}

/** Marks a failure of the encryption: of errors while connecting, all others come from the network or a time limit. */
export function connectError(protocol: string, error: Error): Error {
  const isOther =
    error instanceof AggregateError || error instanceof RefusedAddress || memberOf(error, 'syscall') !== undefined
  if (protocol !== 'https:' || isOther || faultOf(error) === 'timeout') return error
  return new TlsFailed('the encryption failed', { cause: error })
}
