import { PATCH_TYPES } from '../../http/media-types.ts'
import type { Attribute } from '../declaration/attribute.ts'
import { rulesOf, type Served } from '../declaration/define.ts'
import type { Operation, Resource, StateMachine } from '../declaration/resource.ts'
import { bulkBody, bulkResponses } from './bulk.ts'
import { type FailureStatus, headerRefs, type ParameterName, parameterRefs } from './components.ts'
import { COMMON } from './endpoint.ts'
import { operationObject } from './operation.ts'
import { type Json, schemaRef } from './schemas.ts'

interface Verb {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  readonly place: 'collection' | 'item'
  readonly summary: (type: string) => string
  readonly parameters: readonly ParameterName[]
  /** Failures besides those of every operation. */
  readonly failures: readonly FailureStatus[]
}

export const VERBS: Readonly<Record<Operation, Verb>> = {
  list: {
    method: 'get',
    place: 'collection',
    summary: (type) => `Find ${type} resources`,
    parameters: ['Fields', 'Conditions', 'Filter', 'Sort', 'Offset', 'Limit', 'After', 'Prefer'],
    failures: [501]
  },
  create: {
    method: 'post',
    place: 'collection',
    summary: (type) => `Create one ${type}`,
    parameters: ['Fields', 'IdempotencyKey'],
    failures: [409, 413, 415, 422, 501]
  },
  retrieve: {
    method: 'get',
    place: 'item',
    summary: (type) => `Read one ${type}`,
    parameters: ['Id', 'Fields', 'IfNoneMatch'],
    failures: [404, 414, 501]
  },
  patch: {
    method: 'patch',
    place: 'item',
    summary: (type) => `Change one ${type}`,
    parameters: ['Id', 'Fields', 'IfMatch'],
    failures: [404, 409, 412, 413, 414, 415, 501]
  },
  remove: {
    method: 'delete',
    place: 'item',
    summary: (type) => `Delete one ${type}`,
    parameters: ['Id', 'IfMatch'],
    failures: [404, 409, 412, 414]
  }
}

export interface OperationContext {
  readonly resources: readonly Served[]
  readonly supportsProxy: boolean
  readonly schemes: readonly string[]
}

/** Describes one operation of a resource with every possible response. */
export function resourceOperation(
  resource: Served,
  operation: Operation,
  { resources, supportsProxy, schemes }: OperationContext
): Json {
  const { summary, parameters } = VERBS[operation]
  const prefix = operation === 'remove' ? 'delete' : operation
  const body = requestBody(resource, operation)
  return operationObject({
    operationId: resource.operationIds?.[operation] ?? prefix + resource.type,
    tag: resource.path,
    summary: summary(resource.type),
    description: [...descriptions(resource, operation)].join('\n\n'),
    kind: isStandard(resource, operation) ? 'standard' : 'extension',
    security: schemes.map((scheme) => ({ [scheme]: scopesOf(resource, operation) })),
    parameters: parameterRefs(...parameters, ...(isBulk(resource, operation) ? (['Atomic'] as const) : [])),
    supportsProxy,
    requestBody: body && { required: true, content: body },
    failures: [...COMMON, ...failuresOf(resource, operation, resources)],
    responses: { ...successes(resource, operation), ...(isBulk(resource, operation) && bulkResponses()) }
  })
}

function isBulk({ bulk }: Resource, operation: Operation): boolean {
  return bulk !== undefined && operation === 'create'
}

function scopesOf({ scopes }: Resource, operation: Operation): readonly string[] {
  return operation === 'list' || operation === 'retrieve' ? scopes.read : scopes.write
}

/** Nothing blocks the deletion of a resource without dependants and rules. */
function failuresOf(resource: Served, operation: Operation, all: readonly Resource[]): readonly FailureStatus[] {
  const { failures } = VERBS[operation]
  const isReferredTo = all.some(({ attributes }) => [...attributes.values()].some(refersTo(resource)))
  const isFree = operation === 'remove' && !rulesOf(resource).checkRemoval && !isReferredTo
  return isFree ? failures.filter((status) => status !== 409) : failures
}

function refersTo({ path }: Resource): (attribute: Attribute) => boolean {
  return ({ storage }) => storage.kind === 'reference' && storage.to?.path === path
}

function isStandard({ operations }: Resource, operation: Operation): boolean {
  return operations[operation] === 'standard'
}

function* descriptions(resource: Resource, operation: Operation): Generator<string> {
  yield isStandard(resource, operation)
    ? 'A **standard** operation.'
    : 'An **extension**: the standard does not define this operation.'
  if (operation === 'list') yield speed(resource)
  if (isBulk(resource, operation)) {
    const known = `one whose \`${resource.bulk?.key}\` is known is stored already`
    yield `Many are taken as lines of JSON, or as an array, and each is answered by a line; ${known}.`
  }
  if (operation === 'patch' && resource.states) yield moves(resource.states)
}

function speed({ attributes }: Resource): string {
  const indexed = [...attributes].filter(([, attribute]) => attribute.indexed)
  const names = indexed.map(([name, { storage }]) => (storage.kind === 'reference' ? `\`${name}.id\`` : `\`${name}\``))
  return `Indexed, and so fast at any size: ${names.join(', ')}.`
}

function moves({ attribute = 'state', transitions }: StateMachine): string {
  const rows = Object.entries(transitions).map(([from, to]) => `| ${from} | ${to.join(', ') || 'final'} |`)
  const table = [`| ${attribute} | may go to |`, '| --- | --- |', ...rows].join('\n')
  return `Transitions of \`${attribute}\`, as far as the resource's history allows; any other is a 409:\n\n${table}`
}

function requestBody({ type, bulk, examples }: Resource, operation: Operation): Json | undefined {
  if (operation === 'create') {
    const schema = schemaRef(`${type}_Create`)
    // Each line of many is written like one.
    return contentOf(bulk ? bulkBody(schema) : { 'application/json': schema }, () => examples?.create)
  }
  if (operation !== 'patch') return undefined
  const bodies = PATCH_TYPES.map((mediaType) => [
    mediaType,
    schemaRef(mediaType === JSON_PATCH ? 'JsonPatch' : `${type}_Update`)
  ])
  const changes = Object.entries(examples?.patch ?? {})
  const operations = changes.map(([name, value]) => ({ op: 'add', path: `/${name}`, value }))
  const example = (mediaType: string) => (mediaType === JSON_PATCH ? operations : examples?.patch)
  return contentOf(Object.fromEntries(bodies), examples?.patch ? example : () => undefined)
}

const JSON_PATCH = 'application/json-patch+json'

function contentOf(schemas: Json, exampleOf: (mediaType: string) => object | undefined): Json {
  return Object.fromEntries(
    Object.entries(schemas).map(([mediaType, schema]) => {
      const example = exampleOf(mediaType)
      return [mediaType, { schema, ...(example && { example }) }]
    })
  )
}

function successes({ type, secret }: Resource, operation: Operation): Json {
  const one = { 'application/json': { schema: schemaRef(type) } }
  const many = { 'application/json': { schema: { type: 'array', items: schemaRef(type) } } }
  const plain = headerRefs('X-Request-Id')
  const tagged = headerRefs('X-Request-Id', 'ETag')
  switch (operation) {
    case 'list': {
      const counted = headerRefs('X-Request-Id', 'X-Total-Count', 'X-Result-Count', 'X-Total-Count-Accuracy', 'Link')
      return {
        200: { description: 'All matches, or the first page', headers: counted, content: many },
        206: { description: 'The part that `offset`, `limit` or `after` asked for', headers: counted, content: many }
      }
    }
    case 'create': {
      const headers = headerRefs('X-Request-Id', 'ETag', 'Location', 'Idempotency-Replayed')
      const created = { 'application/json': { schema: schemaRef(secret ? `${type}_Created` : type) } }
      return { 201: { description: 'Created', headers, content: created } }
    }
    case 'retrieve':
      return {
        200: { description: 'The resource', headers: tagged, content: one },
        304: { description: 'Unchanged since the version that `If-None-Match` names', headers: tagged }
      }
    case 'patch':
      return { 200: { description: 'The changed resource', headers: tagged, content: one } }
    case 'remove':
      return { 204: { description: 'Deleted', headers: plain } }
  }
}
