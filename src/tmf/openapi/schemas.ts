import type { Attribute } from '../declaration/attribute.ts'
import type { Resource, Secret } from '../declaration/resource.ts'
import { scalarKind } from '../declaration/scalar.ts'
import { META, type Member, type ObjectShape, type Shape, uri } from '../declaration/shape.ts'

export type Json = Readonly<Record<string, unknown>>

/**
 * Returns all schemas by name: for each resource one for reading (`X`), posting (`X_Create`) and patching (`X_Update`),
 * the nested types, and the bodies of other operations.
 */
export function componentSchemas(resources: readonly Resource[]): Json {
  const nested = new Map<string, ObjectShape>()
  for (const { shape } of resources) for (const member of shape.members.values()) collect(member.shape, nested)
  const names = [...nested.keys()].sort()
  return {
    ...Object.fromEntries(resources.flatMap(resourceSchemas)),
    ...Object.fromEntries(names.map((name) => [name, nestedSchema(nested.get(name) as ObjectShape)])),
    JsonPatch: JSON_PATCH,
    ...(resources.some(({ bulk }) => bulk) && { LineResult: LINE_RESULT }),
    Error: ERROR
  }
}

const FINDINGS: Json = {
  type: 'array',
  items: {
    type: 'object',
    required: ['path', 'message', 'messageCode'],
    properties: {
      path: {
        type: 'string',
        description: 'Place in the document, as JSONPath, or the name of a parameter of the query'
      },
      message: { type: 'string', description: 'The fault' },
      messageCode: { type: 'string', description: 'Names the message, as in Error' },
      faultCode: { type: 'string', description: 'Names the fault, independent of its wording' }
    }
  }
}

const LINE_RESULT: Json = {
  type: 'object',
  description: 'The result of one document; one per line',
  required: ['line', 'status'],
  properties: {
    line: { type: 'integer', minimum: 1, description: "Number of the line, or of the array's element" },
    id: { type: 'string', description: 'Identifier of the stored resource' },
    account: { const: 'unknown', description: 'The account does not exist yet: the rate waits for it' },
    errors: { ...FINDINGS, description: 'Reasons for not storing it' },
    status: {
      type: 'string',
      enum: ['created', 'duplicate', 'refused', 'notStored', 'failed'],
      description: '`notStored` is sound, but another line was refused; from a line that `failed` on nothing was stored'
    }
  }
}

export function schemaRef(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

function collect(shape: Shape, found: Map<string, ObjectShape>): void {
  if (shape.kind === 'list') collect(shape.of, found)
  if (shape.kind !== 'object' || found.get(shape.name) === shape) return
  if (found.has(shape.name)) throw new Error(`Two different types are named ${shape.name}`)
  found.set(shape.name, shape)
  for (const member of shape.members.values()) collect(member.shape, found)
}

function resourceSchemas(resource: Resource): (readonly [name: string, schema: Json])[] {
  const { type, operations } = resource
  const schemas: [string, Json][] = [[type, readSchema(resource)]]
  if (operations.create) schemas.push([`${type}_Create`, createSchema(resource)])
  if (operations.create && resource.secret) schemas.push([`${type}_Created`, createdSchema(resource, resource.secret)])
  if (operations.patch) schemas.push([`${type}_Update`, updateSchema(resource)])
  return schemas
}

const OWN_TYPE = 'Unlisted attributes are kept if `@type` names a sub-class, and refused otherwise.'
const IDS = 'The server gives id and href.'
const WHOLE = 'With `fields` in the query, only the selected attributes are present, besides id and href.'

function readSchema({ description, attributes }: Resource): Json {
  const { id, ...others } = properties(attributes)
  const always = new Set(['id', 'href', ...requiredNames(attributes)])
  const href = { ...scalarKind(uri).openApi(uri), description: 'Where this resource is found', readOnly: true }
  return {
    type: 'object',
    description: sentences(description, OWN_TYPE, WHOLE),
    required: [...always],
    properties: { id, href, ...others },
    additionalProperties: true
  }
}

function createdSchema(resource: Resource, { member }: Secret): Json {
  const read = readSchema(resource)
  const secret = { type: 'string', description: 'The secret, shown once if the server made it' }
  return { ...read, properties: { ...Object(read.properties), [member]: secret } }
}

function createSchema({ type, attributes, clientId, secret }: Resource): Json {
  const given = clientId ? `The server gives href${clientId.isRequired ? '' : ', and an id where there is none'}.` : IDS
  const posted = new Map([...attributes].filter(([, { readOnly }]) => !readOnly))
  return {
    type: 'object',
    description: sentences(`The body of a new ${type}`, given, OWN_TYPE),
    ...required(posted),
    properties: {
      ...properties(posted, isWritten),
      ...(secret?.chosen && { [secret.member]: { ...schemaOf(secret.chosen), description: CHOSEN, writeOnly: true } })
    },
    additionalProperties: true
  }
}

const CHOSEN = 'The secret; by default the server makes one and shows it once'

/** Requires nothing in a merge patch, allows null for removal, and lists all members. */
function updateSchema({ type, attributes, patchable, extensionsArePatchable }: Resource): Json {
  const patched = new Map([...attributes].filter(([name]) => patchable.includes(name)))
  const rule = 'A null removes an attribute, and nested objects are merged too (RFC 7396).'
  const others = extensionsArePatchable
    ? 'Unlisted attributes may be patched if `@type` names a sub-class.'
    : 'Nothing else may be patched.'
  return {
    type: 'object',
    description: sentences(`A patch of ${type}`, rule, others),
    properties: properties(patched, isWritten),
    additionalProperties: extensionsArePatchable
  }
}

function nestedSchema({ members, extensible }: ObjectShape): Json {
  return {
    type: 'object',
    ...(extensible && { description: OWN_TYPE }),
    ...required(members),
    properties: properties(members),
    additionalProperties: extensible
  }
}

const isWritten = true

function properties(members: ReadonlyMap<string, Member | Attribute>, isInput = false): Json {
  return Object.fromEntries([...members].map(([name, member]) => [name, property(member, isInput)]))
}

function property(member: Member | Attribute, isInput: boolean): Json {
  const target = 'storage' in member && member.storage.kind === 'reference' ? member.storage.to : undefined
  return {
    ...schemaOf(member.shape, isInput),
    // A required text is not blank; a pattern or a length says so already.
    ...(isBlankable(member) && { minLength: 1 }),
    description: target ? sentences(member.description, `Names a ${target.path} of this service.`) : member.description,
    ...('readOnly' in member && member.readOnly && { readOnly: true })
  }
}

function isBlankable({ required, shape }: Member): boolean {
  return required && shape.kind === 'text' && !shape.pattern && !shape.minLength
}

function schemaOf(shape: Shape, isInput = false): Json {
  if (shape.kind === 'object') return objectSchema(shape, isInput)
  if (shape.kind !== 'list') return scalarKind(shape).openApi(shape)
  return { type: 'array', items: schemaOf(shape.of, isInput), ...(shape.maxItems && { maxItems: shape.maxItems }) }
}

function objectSchema({ name, members, shorthand = '' }: ObjectShape, isInput: boolean): Json {
  const alone = isInput ? members.get(shorthand) : undefined
  return alone ? { anyOf: [schemaOf(alone.shape), schemaRef(name)] } : schemaRef(name)
}

function required(members: ReadonlyMap<string, Member>): Json {
  const names = requiredNames(members)
  return names.length > 0 ? { required: names } : {}
}

function requiredNames(members: ReadonlyMap<string, Member>): readonly string[] {
  return [...members].filter(([, member]) => member.required).map(([name]) => name)
}

/** Joins texts; the first may be a headline without a full stop. */
function sentences(first: string, ...others: readonly string[]): string {
  return [first.endsWith('.') ? first : `${first}.`, ...others].join(' ')
}

const pointer = { type: 'string', description: 'JSON Pointer (RFC 6901)' } as const

const JSON_PATCH: Json = {
  type: 'array',
  description: 'Changes that are made one after another, all or none (RFC 6902). A test that fails is a 409.',
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: {
      op: { type: 'string', enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
      path: pointer,
      from: { ...pointer, description: 'JSON Pointer to where move and copy take the value from' },
      value: { description: 'Value for add, replace and test' }
    }
  }
}

const ERROR: Json = {
  type: 'object',
  description: 'The body of every failure.',
  required: ['code', 'reason', 'message', 'messageCode', 'status', 'requestId', '@type'],
  properties: {
    code: { type: 'string', description: 'Kind of failure, for programs' },
    reason: { type: 'string', description: 'Kind of failure, for people' },
    message: { type: 'string', description: 'The faults and what is allowed, each with its JSON path' },
    messageCode: { type: 'string', description: 'Code of the message, independent of its wording' },
    errors: { ...FINDINGS, description: 'The faults of fields, or of parameters of the query; the first 20' },
    status: { type: 'string', description: 'The HTTP status' },
    requestId: { type: 'string', description: 'Identifier of the request, as in the log' },
    '@type': { ...schemaOf(META.get('@type')?.shape as Shape), description: 'Always Error' }
  }
}
