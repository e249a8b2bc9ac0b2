import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { auditEntry } from '../../src/admin/audit-entry.ts'
import { ACTIONS, ACTOR_TYPES } from '../../src/audit/record.ts'
import { SOURCE_TYPES } from '../../src/ledger/post.ts'

const ROOT = path.resolve(import.meta.dirname, '../../src')
const CODE = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
  .join('\n')

/** Returns the quoted words in the matches. */
function wordsOf(pattern: RegExp): readonly string[] {
  const found = [...CODE.matchAll(pattern)].flatMap(([text]) => [...text.matchAll(/'(\w+)'/g)].map(([, word]) => word))
  return [...new Set(found.map(String))].sort()
}

test('what SQL says of the source of a journal is what the type has', () => {
  const compared = wordsOf(/"source_type" (?:=|IN) (?:'\w+'|\([^)]*\))/g)
  const written = wordsOf(/"amount", '\w+', "bill"|THEN 'credit' ELSE 'allocation' END/g)
  expect([...compared, ...written].filter((word) => !(SOURCE_TYPES as readonly string[]).includes(word))).toEqual([])
  expect(compared).toContain('credit')
})

test('every action of the audit is published, and done by somebody', () => {
  const done = [
    ...wordsOf(/\baction: '\w+'|record(?:Moves|Change)\(tx, context, '\w+'|^ +'(?:cancel|resume)',$/gm),
    ...wordsOf(/, '(?:retry|password|send)'|: '(?:approve|reject)'/g)
  ]
  expect(ACTIONS.filter((action) => !done.includes(action))).toEqual([])
})

test('the audit publishes the enumerations of the code', () => {
  const published = (name: string) => auditEntry.attributes.get(name)?.shape
  expect(published('action')).toMatchObject({ kind: 'oneOf', values: ACTIONS })
  expect(published('actorType')).toMatchObject({ kind: 'oneOf', values: ACTOR_TYPES })
  expect(ACTOR_TYPES).toContain('system')
})
