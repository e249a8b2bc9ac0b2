import { rulesOf, type Served } from '../src/tmf/declaration/define.ts'
import type { Document, Stored } from '../src/tmf/declaration/resource.ts'
import { validate } from '../src/tmf/declaration/schema.ts'
import { type ColumnValue, rowValues } from '../src/tmf/row-values.ts'
import { checkTransition } from '../src/tmf/states.ts'
import { instant } from './calendar.ts'

/** A resource of the demo data before it becomes a row. */
export interface Draft {
  readonly id: string
  readonly createdAt: number
  readonly document: Document
  /** Its past states and its own; undefined for a resource without states. */
  readonly path?: readonly [string, ...string[]]
}

/**
 * Returns the row of a draft. Applies all checks of the API, each change of state included, so that the demo shows
 * nothing that the API would refuse. Throws a Problem.
 */
export function rowOf(
  tenantId: string,
  resource: Served,
  { id, createdAt, document, path }: Draft,
  newId: (time: number) => string
): readonly ColumnValue[] {
  const now = instant(createdAt)
  const valid = validate(resource, document)
  const complete = rulesOf(resource).completePosted?.(valid, { id, now, newId: () => newId(createdAt) }) ?? valid
  const { version, values } = path ? walk(resource, id, complete, path) : start(resource, complete)
  return [['tenant_id', tenantId], ['id', id], ['version', String(version)], ['created_at', now], ...values]
}

interface Written {
  readonly version: number
  readonly values: readonly ColumnValue[]
}

function start(resource: Served, document: Document): Written {
  rulesOf(resource).check?.(document)
  return { version: 1, values: rowValues(resource, document) }
}

function walk(resource: Served, id: string, document: Document, path: readonly string[]): Written {
  let before: Stored | undefined
  let values: readonly ColumnValue[] = []
  for (const [index, state] of path.entries()) {
    const after = { ...document, state }
    if (before) checkTransition(resource, before, after)
    rulesOf(resource).check?.(after, before)
    values = rowValues(resource, after, before)
    const internal = resource.internal?.derive(after, before) ?? {}
    before = { id, version: index + 1, document: after, internal }
  }
  return { version: path.length, values }
}
