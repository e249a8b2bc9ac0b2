import { type Json, schemaRef } from './schemas.ts'

export const TEXT = { type: 'string' } as const
export const COUNT = { type: 'integer', minimum: 0 } as const
export const INSTANT = { type: 'string', format: 'date-time' } as const
export const ADDRESS = { type: 'string', format: 'uri' } as const

export interface ObjectSchema extends Json {
  readonly type: 'object'
  readonly required: readonly string[]
  readonly properties: Json
}

/** Returns the schema of an object that has all of these members but the optional ones. */
export function objectOf(properties: Json, optional: readonly string[] = []): ObjectSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', required, properties }
}

export function listOf(items: Json, description?: string): Json {
  return { type: 'array', ...(description && { description }), items }
}

export function moneyOf(description: string): Json {
  return { ...schemaRef('Money'), description }
}
