import { recordChange } from '../../audit/record.ts'
import { memberOf } from '../../base/unknown.ts'
import type { Database, Transaction } from '../../db/database.ts'
import { parseJson } from '../../http/body.ts'
import { findingsOf, type Told } from '../../http/findings.ts'
import type { Line } from '../../http/pieces.ts'
import { BODIES } from '../../messages/body.ts'
import { Problem } from '../../messages/problem.ts'
import type { Attribute } from '../declaration/attribute.ts'
import { rulesOf } from '../declaration/define.ts'
import type { ChangeContext, Document, Resource } from '../declaration/resource.ts'
import { validate } from '../declaration/schema.ts'
import { checkReferences, isResolved, type Referent, type Resolve, resolved } from '../references.ts'
import { postable, stamp, type WriteContext } from '../write.ts'
import { type BulkResource, idsByKey, insertNew, keyOf } from './insert.ts'

export const BATCH_LINES = 1_000
export const NOTHING = BODIES.nothing()

export interface BulkContext extends WriteContext {
  readonly database: Pick<Database, 'transaction'>
}

export interface Draft {
  readonly line: number
  readonly bytes: number
  readonly id: string
  readonly now: string
  readonly content: Document | readonly Told[]
}

export type Result =
  | {
      readonly line: number
      readonly id: string
      readonly status: 'created' | 'duplicate'
      readonly [told: string]: unknown
    }
  | { readonly line: number; readonly errors: readonly Told[]; readonly status: 'refused' | 'failed' }
  | { readonly line: number; readonly status: 'notStored' }

export function drafted({ newId }: WriteContext, resource: BulkResource, { number, bytes }: Line, now: string): Draft {
  const id = newId()
  const content = attempted(() => {
    if (!bytes) throw BODIES.lineTooLong()
    const document = validate(resource, postable(resource, parseJson(bytes)).document)
    return rulesOf(resource).completePosted?.(document, { id, now, newId }) ?? document
  })
  return { line: number, bytes: isFindings(content) ? textLength(content) : (bytes?.length ?? 0), id, now, content }
}

export function faultOf({ line, content }: Draft): Result | undefined {
  return isFindings(content) ? { line, errors: content, status: 'refused' } : undefined
}

/**
 * Stores drafts in one statement, with one row in the audit, and returns the results in order. A refused draft does not
 * affect the others.
 */
export async function storeDrafts(
  tx: Transaction,
  context: WriteContext,
  resource: BulkResource,
  drafts: readonly Draft[]
): Promise<readonly Result[]> {
  const outcomes = await settled(tx, context, resource, drafts)
  const rows = outcomes.flatMap(({ draft: { id }, content }) =>
    isFindings(content) ? [] : [{ id, document: content }]
  )
  const created = await insertNew(tx, context.view, resource, rows)
  const left = rows.filter(({ id }) => !created.has(id))
  const known = await idsByKey(tx, context.view, resource, left)
  await recordCreation(tx, context, resource, [...created])
  return outcomes.map(({ draft: { line, id }, content }): Result => {
    if (isFindings(content)) return { line, errors: content, status: 'refused' }
    if (created.has(id)) return { line, id, status: 'created', ...unknownIn(resource, content) }
    const { key } = resource.bulk
    const stored = known.get(keyOf(resource, content))
    if (stored !== undefined) return { line, id: stored, status: 'duplicate' }
    return { line, errors: findingsOf(BODIES.deletedMeanwhile(`$.${key}`, resource.noun)), status: 'refused' }
  })
}

/** Returns unknown references: the document is stored all the same, and waits. */
function unknownIn({ bulk: { told } }: BulkResource, document: Document): Readonly<Record<string, 'unknown'>> {
  const reference = told && document[told.reference]
  return told && reference !== undefined && !isResolved(reference) ? { [told.as]: 'unknown' } : {}
}

interface Outcome {
  readonly draft: Draft
  readonly content: Document | readonly Told[]
}

async function settled(
  tx: Transaction,
  context: WriteContext,
  resource: BulkResource,
  drafts: readonly Draft[]
): Promise<readonly Outcome[]> {
  const documents = drafts.flatMap(({ content }) => (isFindings(content) ? [] : [content]))
  const prepared = { ...context, resolvers: await resolvedTogether(tx, context, resource, documents) }
  const check = referenceCheck(tx, context, resource)
  const outcomes: Outcome[] = []
  for (const draft of drafts) {
    const { content } = draft
    if (isFindings(content)) outcomes.push({ draft, content })
    else outcomes.push({ draft, content: await settledOne(tx, prepared, resource, content, draft.now, check) })
  }
  return outcomes
}

async function settledOne(
  tx: Transaction,
  context: WriteContext,
  resource: BulkResource,
  document: Document,
  now: string,
  checkOwn: (document: Document) => Promise<void> | undefined
): Promise<Document | readonly Told[]> {
  try {
    const { resolvers, view } = context
    const named = resolvers?.size ? await resolved(tx, context, resource, document) : document
    const { check, completeFromDatabase } = rulesOf(resource)
    const completed = completeFromDatabase ? await completeFromDatabase(tx, view, named) : named
    const whole = { ...completed, ...stamp(resource, now) }
    check?.(whole)
    await checkOwn(whole)
    return whole
  } catch (error) {
    return asFindings(error)
  }
}

/** Returns resolvers that looked up the open references of all documents at once. */
async function resolvedTogether(
  tx: Transaction,
  { view, resolvers }: WriteContext,
  { attributes }: BulkResource,
  documents: readonly Document[]
): Promise<ReadonlyMap<string, Resolve>> {
  const known = new Map<string, Resolve>()
  for (const [type, resolve] of resolvers ?? []) {
    const names = [...attributes].filter(([, attribute]) => isOpenReference(attribute, type)).map(([name]) => name)
    const references = documents.flatMap((document) => names.map((name) => document[name]))
    const ids = new Set(references.flatMap((value) => (value ? [String(memberOf(value, 'id'))] : [])))
    const found: ReadonlyMap<string, Referent> = ids.size > 0 ? await resolve(tx, view, [...ids]) : new Map()
    if (names.length > 0) known.set(type, async () => found)
  }
  return known
}

function isOpenReference({ shape, storage }: Attribute, type: string): boolean {
  return storage.kind === 'reference' && storage.isOpen === true && shape.kind === 'object' && shape.name === type
}

function referenceCheck(tx: Transaction, context: WriteContext, resource: BulkResource) {
  const names = [...resource.attributes].filter(([, attribute]) => refersToOwn(attribute)).map(([name]) => name)
  const checks = new Map<string, Promise<void>>()
  return (document: Document): Promise<void> | undefined => {
    if (names.every((name) => document[name] === undefined)) return undefined
    const key = JSON.stringify(names.map((name) => memberOf(document[name], 'id')))
    const check = checks.get(key) ?? checkReferences(tx, context, resource, names, document)
    checks.set(key, check)
    return check
  }
}

function refersToOwn({ storage }: Attribute): boolean {
  return storage.kind === 'reference' && storage.to !== undefined
}

/** Records the creation of many in one row of the audit. */
export async function recordCreation(
  tx: Transaction,
  context: ChangeContext,
  { type }: Pick<Resource, 'type'>,
  created: readonly string[]
): Promise<void> {
  const [first, last] = [created[0], created.at(-1)]
  if (first === undefined) return
  const after = { count: created.length, firstId: first, lastId: last }
  const change = { action: 'createMany' as const, resourceType: type, resourceId: first, after }
  await recordChange(tx, context, change, context.clock())
}

function attempted(work: () => Document): Document | readonly Told[] {
  try {
    return work()
  } catch (error) {
    return asFindings(error)
  }
}

function asFindings(error: unknown): readonly Told[] {
  if (error instanceof Problem && error.status < 500) return findingsOf(error)
  throw error
}

function isFindings(content: Document | readonly Told[]): content is readonly Told[] {
  return Array.isArray(content)
}

function textLength(findings: readonly Told[]): number {
  return findings.reduce((sum, { path, message }) => sum + path.length + message.length, 0)
}
