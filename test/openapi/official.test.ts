import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Difference } from './comparison.ts'
import { CONFORMANCE_FILE, operationsOf, readDocument } from './document.ts'
import { findDifferences, hasOfficialDocuments, standardOperations } from './official.ts'

const ours = readDocument()

test('docs/conformance.md lists which operations are standard and which are extensions', () => {
  const verbs = [
    ['get', ''],
    ['get', '/{id}'],
    ['post', ''],
    ['patch', '/{id}'],
    ['delete', '/{id}']
  ] as const
  const listed = rowsOf('Operations').map(([resource, ...marks]) => [resource, marks])
  const resources = [
    ...new Set(operationsOf(ours).flatMap(({ path, isOfApi }) => (isOfApi ? [path.split('/')[1] ?? ''] : [])))
  ]
  const expected = resources.map((resource) => {
    const marks = verbs.map(([method, item]) => ours.paths[`/${resource}${item}`]?.[method]?.['x-tmf-operation'] ?? '-')
    return [resource, marks]
  })
  expect(listed).toEqual(expected)
})

/** The project does not include the official documents; without them there is nothing to compare. */
describe.skipIf(!hasOfficialDocuments)('beside the official documents (in ../shared/spec)', () => {
  test('the operations marked as standard are those of TMF678 v4', () => {
    const marked = operationsOf(ours).filter(({ operation }) => operation['x-tmf-operation'] === 'standard')
    const standard = standardOperations()
    expect(marked.map(({ operation }) => operation.operationId).sort()).toEqual([...standard].sort())
  })

  test('the differences are exactly those that docs/conformance.md lists, each with its reason', () => {
    const rows = rowsOf('Differences').map(([document = '', place = '', standard = '', here = '', reason = '']) => {
      return { document, place, standard, here, reason }
    })
    const found = findDifferences(ours)
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((difference) => !rows.some((row) => covers(row, difference)))).toEqual([])
    expect(rows.filter((row) => !found.some((difference) => covers(row, difference)))).toEqual([])
    expect(rows.filter(({ reason }) => reason === '')).toEqual([])
  })
})

function covers(row: Difference, found: Difference): boolean {
  const place = row.place.split('*').map((part) => part.replace(/[^\w ]/g, '\\$&'))
  const isSame = row.document === found.document && row.standard === found.standard && row.here === found.here
  return isSame && new RegExp(`^${place.join('.+')}$`).test(found.place)
}

/** Returns the cells of the table below a heading of docs/conformance.md. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const section = readFileSync(CONFORMANCE_FILE, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
}
