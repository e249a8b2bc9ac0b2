import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { jsonPath } from '../base/json-path.ts'
import { isRecord, present } from '../base/unknown.ts'
import { catalogue } from '../billing/catalogue.ts'
import type { Row, Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { findingsOf } from '../http/findings.ts'
import { FIELDS } from '../messages/field.ts'
import { Problem } from '../messages/problem.ts'
import type { Served } from '../tmf/declaration/define.ts'
import { candidateIds } from '../tmf/declaration/own-names.ts'
import { find } from '../tmf/read.ts'
import { readStored } from '../tmf/representation.ts'
import type { View } from '../tmf/view.ts'
import { create, type WriteContext } from '../tmf/write.ts'
import { type Column, cellReader } from './cells.ts'
import { type RowFault, rowFault } from './file/row.ts'
import { type Declared, type Line, type Result, type UploadKind, uploadKind } from './kind.ts'
import type { Place } from './place.ts'

/** A column, and the place of its value in the document: `['address', 'city']`. */
export interface Placed {
  readonly column: Column<unknown>
  readonly path: Path
}

type Path = readonly (string | number)[]
type Body = Readonly<Record<string, unknown>>

interface Content {
  readonly id: string
  readonly body: Body
}

interface About extends Pick<Declared<Content>, 'name' | 'path'> {
  /** The resource, below the base path of the API. */
  readonly makes: string
  /** The first one has the id. */
  readonly columns: readonly Placed[]
  /** Adds what no column says. */
  readonly complete?: (body: Body, place: Place) => Body
}

/** Makes a kind of upload whose rows are posted as a resource with the ids that they give. */
export function resourceKind({ columns, makes, complete, ...about }: About): UploadKind {
  const resource = present(catalogue.get(makes), `the resource ${makes}`)
  const all = columns.map(({ column }) => column)
  return uploadKind<Content>({
    ...about,
    makes,
    scopes: { read: ['account:read'], write: ['account:write'] },
    columns: all,
    takes: [],
    read: (cells, place, reading) => {
      const { read, faults } = cellReader(cells, all, reading)
      const values = columns.map(({ column, path }) => [path, read(column)] as const)
      const id = values[0]?.[1]
      if (faults.length > 0 || typeof id !== 'string') return { faults }
      const body = bodyOf(values)
      return { content: { id, body: complete?.(body, place) ?? body } }
    },
    identity: ({ id, body }) => ({ key: id, contentHash: hashOf(body) }),
    store: async (tx, context, _, lines: readonly Line<Content>[]) => {
      const results: Result[] = []
      for (const one of lines) {
        const { line } = one
        if ('faults' in one) results.push({ line, status: 'refused', errors: one.faults })
        else results.push(await storeRow(tx, context, resource, columns, { line, ...one.content }))
      }
      return { results, amounts: new Map() }
    }
  })
}

interface Posted extends Content {
  readonly line: number
}

/** Another transaction may make the same row meanwhile: then what it made is compared. */
async function storeRow(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  columns: readonly Placed[],
  row: Posted
): Promise<Result> {
  const { line, body } = row
  const before = await metRow(tx, context, resource, row)
  if (before) return before
  try {
    return await undoneIfFailed(tx, async () => {
      const { row: made } = await create(tx, context, resource, body)
      return { line, status: 'created', id: readStored(resource, made).id }
    })
  } catch (error) {
    if (!isRefusal(error)) throw error
    const met = error.code === 'resource.exists' ? await metRow(tx, context, resource, row) : undefined
    return met ?? { line, status: 'refused', errors: faultsOf(error, columns) }
  }
}

/** Returns the result of a row whose id is in use. */
async function metRow(
  tx: Transaction,
  context: WriteContext,
  resource: Served,
  { line, id, body }: Posted
): Promise<Result | undefined> {
  const before = await known(tx, context, resource, id)
  if (before === undefined) return undefined
  const stored = readStored(resource, before)
  if (isPartOf(body, stored.document, context.view)) return { line, status: 'duplicate', id: stored.id }
  const errors = [rowFault(FIELDS.otherExists(resource.noun, stored.id))]
  return { line, status: 'conflict', id: stored.id, errors }
}

/** Does the work of one row: if it is refused, nothing of it stays in the transaction. */
async function undoneIfFailed<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  await tx.run(sql`SAVEPOINT "row"`)
  try {
    const done = await work()
    await tx.run(sql`RELEASE SAVEPOINT "row"`)
    return done
  } catch (error) {
    if (!isRefusal(error)) throw error
    await tx.run(sql`ROLLBACK TO SAVEPOINT "row"`)
    await tx.run(sql`RELEASE SAVEPOINT "row"`)
    throw error
  }
}

async function known(tx: Transaction, { view }: WriteContext, resource: Served, id: string): Promise<Row | undefined> {
  try {
    return await find(tx, resource, view, id)
  } catch (error) {
    if (error instanceof Problem && error.kind === 'notFound') return undefined
    throw error
  }
}

const SERVER_FAULT = 500

function isRefusal(error: unknown): error is Problem {
  return error instanceof Problem && error.status < SERVER_FAULT
}

function faultsOf(problem: Problem, columns: readonly Placed[]): readonly RowFault[] {
  return findingsOf(problem).map(({ path, message, faultCode, messageCode }) => {
    const placed = columns.find((one) => isAt(path, jsonPath(one.path)))
    return { column: placed?.column.name, message, faultCode: faultCode ?? messageCode }
  })
}

/** Finds whether a path is that of a column, or of an item of its list. */
function isAt(path: string | undefined, column: string): boolean {
  return path === column || path?.startsWith(`${column}[`) === true
}

function bodyOf(values: readonly (readonly [Path, unknown])[]): Body {
  const said = values.filter(([, value]) => value !== undefined)
  const body = said.reduce<unknown>((before, [path, value]) => placed(before, path, value), {})
  return isRecord(body) ? body : {}
}

/** Returns a document with a value at its place. */
function placed(before: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value
  if (typeof first === 'string') {
    const members = isRecord(before) ? before : {}
    return { ...members, [first]: placed(members[first], rest, value) }
  }
  const items: readonly unknown[] = Array.isArray(before) ? before : []
  return items.toSpliced(first, 1, placed(items[first], rest, value))
}

/** Finds whether a document has what a row says; names may have the prefix of their owner. */
function isPartOf(body: Body, document: object, view: View): boolean {
  const stored = Object.entries(document)
  return Object.entries(body).every(([name, value]) => {
    const own = stored.find(([other]) => other === name)?.[1]
    if (typeof value === 'string') return candidateIds(view, value).includes(String(own))
    if (isRecord(value) && isRecord(own)) return isPartOf(value, own, view)
    return isDeepStrictEqual(value, own)
  })
}

function hashOf(body: Body): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
