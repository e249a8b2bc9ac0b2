import { applyPatch, type Operation } from 'rfc6902'
import { jsonPath } from '../base/json-path.ts'
import { isRecord } from '../base/unknown.ts'
import type { PatchType } from '../http/media-types.ts'
import { BODIES } from '../messages/body.ts'
import type { Document, Resource } from './declaration/resource.ts'

const OPERATIONS_MAX = 100
/** Each copy may double a document. */
const COPIES_MAX = 5
const WRITING = new Set(['add', 'remove', 'replace', 'move', 'copy'])

/**
 * Returns the patched document, not yet validated. Throws `invalidField` for an attribute that may not be patched,
 * `conflict` for a failed JSON Patch `test`, `invalidBody` for a malformed patch.
 */
export function applied(resource: Resource, before: Document, type: PatchType, body: unknown): Document {
  return type === 'application/json-patch+json'
    ? afterJsonPatch(resource, before, body)
    : afterMergePatch(resource, before, body)
}

function afterMergePatch(resource: Resource, before: Document, body: unknown): Document {
  if (!isRecord(body)) throw BODIES.notObject()
  // A null for an absent attribute changes nothing; some clients send one for every attribute they know.
  refuseUnlessPatchable(
    resource,
    Object.keys(body).filter((name) => body[name] !== null || name in before)
  )
  return mergeObject(before, body)
}

export function merge(target: unknown, patch: unknown): unknown {
  return isRecord(patch) ? mergeObject(target, patch) : patch
}

function mergeObject(target: unknown, patch: Document): Document {
  const merged = new Map(Object.entries(isRecord(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, merge(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

function afterJsonPatch(resource: Resource, before: Document, body: unknown): Document {
  if (!Array.isArray(body) || body.length > OPERATIONS_MAX || !body.every(isOperation)) {
    throw BODIES.patchTooLong(OPERATIONS_MAX)
  }
  if (body.filter(({ op }) => op === 'copy').length > COPIES_MAX) {
    throw BODIES.tooManyCopies(COPIES_MAX)
  }
  const written = body
    .filter(({ op }) => WRITING.has(op))
    .flatMap((operation) => (operation.op === 'move' ? [operation.path, operation.from] : [operation.path]))
  refuseUnlessPatchable(resource, written.map(firstSegment))
  const after = { ...structuredClone(before) }
  body.forEach((operation, index) => {
    const failure = failureOf(after, operation)
    if (failure === null) return
    throw failure.name === 'TestError' ? BODIES.testFailed(index) : BODIES.nothingAtPath(index)
  })
  return after
}

/** Applies an operation. Returns the failure or null; the library throws for paths into values without members. */
function failureOf(target: object, operation: Operation): Error | null {
  try {
    return applyPatch(target, [operation])[0] ?? null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function isOperation(value: unknown): value is Operation {
  if (!isRecord(value)) return false
  const { op, path, from } = value
  const known = typeof op === 'string' && (WRITING.has(op) || op === 'test')
  const needsValue = op === 'add' || op === 'replace' || op === 'test'
  const needsFrom = op === 'move' || op === 'copy'
  return known && isPointer(path) && (!needsFrom || isPointer(from)) && (!needsValue || Object.hasOwn(value, 'value'))
}

/** Accepts JSON Pointers (RFC 6901) that do not reach a prototype. */
function isPointer(text: unknown): boolean {
  if (typeof text !== 'string' || !/^(?:$|\/)/.test(text) || /~(?![01])/.test(text)) return false
  return !text.split('/').some((segment) => ['__proto__', 'constructor', 'prototype'].includes(segment))
}

function firstSegment(pointer: string): string {
  return (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Members of sub-classes follow the resource's rule; validation decides if they may exist. */
function refuseUnlessPatchable(resource: Resource, names: readonly string[]): void {
  const isPatchable = (name: string) => {
    const isExtension = !resource.attributes.has(name) && name !== 'href' && name !== ''
    return isExtension ? resource.extensionsArePatchable : resource.patchable.includes(name)
  }
  const refused = [...new Set(names)].filter((name) => !isPatchable(name))
  if (refused.length === 0) return
  const paths = refused.map((name) => (name === '' ? '$' : jsonPath([name])))
  throw BODIES.notPatchable(paths, resource.patchable)
}
