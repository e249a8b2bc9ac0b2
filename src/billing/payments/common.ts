import { z } from 'zod'
import { FIELDS } from '../../messages/field.ts'
import { anyQuery, noBody } from '../../tmf/serving/endpoint.ts'

/** Common to operations on payments, matched or not. */
export const COMMON = { tag: 'payment', query: anyQuery, body: noBody } as const
export const READ = { scopes: ['account:read'], supportsProxy: true } as const
export const WRITE = { scopes: ['account:write'], supportsProxy: true } as const

/** Names an account or a bill in a body. */
export const REFERRED = z.strictObject({ id: z.string({ error: FIELDS.text() }) }, { error: FIELDS.objectWithId() })
