import { type FailureStatus, failureRefs, parameterRefs } from './components.ts'
import type { Json } from './schemas.ts'

export interface Described {
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly kind: 'standard' | 'extension'
  /** The alternatives. */
  readonly security: readonly Json[]
  /** Parameters besides those of every operation. */
  readonly parameters: readonly Json[]
  readonly supportsProxy: boolean
  readonly requestBody: Json | undefined
  /** A response of the same status takes the place of a failure. */
  readonly failures: readonly FailureStatus[]
  readonly responses: Json
}

export function operationObject(described: Described): Json {
  const { operationId, tag, summary, description, kind, security, requestBody } = described
  const proxy = described.supportsProxy ? (['ProxyAccountNumber'] as const) : []
  return {
    operationId,
    tags: [tag],
    summary: kind === 'standard' ? summary : `${summary} (extension)`,
    description,
    'x-tmf-operation': kind,
    security,
    parameters: [...described.parameters, ...parameterRefs(...proxy, 'RequestId')],
    ...(requestBody && { requestBody }),
    responses: { ...failureRefs(described.failures), ...described.responses }
  }
}
