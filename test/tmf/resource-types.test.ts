import { expect, test } from 'vitest'
import { json, money, oneOf, reference, text } from '../../src/tmf/declaration/attribute.ts'
import { type DocumentOf, defineResource } from '../../src/tmf/declaration/resource.ts'
import { list, object, text as textShape } from '../../src/tmf/declaration/shape.ts'

const note = object('Note', { text: [textShape(), 'What it says', 'required'], author: [textShape(), 'Who says it'] })
const attributes = {
  name: text('name', 'Its name', 'required'),
  amount: money('amount', 'What it costs'),
  notes: json('notes', list(note), 'What is noted'),
  owner: reference('owner', object('OwnerRef', { id: [textShape(), 'Identifier', 'required'] }), 'Whose it is'),
  state: oneOf('state', ['open', 'closed'], 'Where it stands')
} as const
const declared = {
  type: 'Thing',
  path: 'thing',
  table: 'thing',
  owner: 'tenant',
  scopes: { read: [], write: [] },
  description: 'A thing',
  operations: {},
  attributes,
  patchable: ['name']
} as const

test('A declaration is held to its attributes by the compiler', () => {
  // @ts-expect-error: there is no such attribute
  defineResource({ ...declared, patchable: ['nam'] })
  // @ts-expect-error: there is no such attribute
  defineResource({ ...declared, patchable: { allBut: ['nam'] } })
  // @ts-expect-error: there is no such attribute
  defineResource({ ...declared, unique: { thing_key: 'nam' } })
  // @ts-expect-error: there is no such state
  defineResource({ ...declared, states: { initial: 'new', transitions: { open: ['closed'], closed: [] } } })
  // @ts-expect-error: there is no such state to go to
  defineResource({ ...declared, states: { initial: 'open', transitions: { open: ['gone'], closed: [] } } })
  // @ts-expect-error: a state is left out
  defineResource({ ...declared, states: { initial: 'open', transitions: { open: ['closed'] } } })
  // @ts-expect-error: the events of a Thing begin with its type
  defineResource({ ...declared, events: { created: 'BillCreateEvent', stateChanged: 'ThingStateChangeEvent' } })
  const thing = defineResource({
    ...declared,
    states: { initial: 'open', transitions: { open: ['closed'], closed: ['open'] } },
    unique: { thing_key: 'name' },
    events: { created: 'ThingCreateEvent', stateChanged: 'ThingStateChangeEvent' }
  })
  expect(thing.patchable).toEqual(['name'])
})

test('Rules see documents of the types that their attributes have', () => {
  const words: string[] = []
  const thing = defineResource({
    ...declared,
    check: (after, before) => {
      const name: string = after.name
      // @ts-expect-error: an attribute that is not required may be missing
      const cents = after.amount.value * 100
      // @ts-expect-error: the state is one of its values
      const isGone = after.state === 'gone'
      const [first] = after.notes ?? []
      words.push(name, String(after.amount?.value), String(first?.text), String(before?.document.owner?.id))
      words.push(String(cents), String(isGone))
    }
  })
  const document: DocumentOf<typeof attributes> = {
    name: 'N',
    amount: { unit: 'EUR', value: 1 },
    notes: [{ text: 'T' }]
  }
  thing.check?.(document)
  expect(words).toEqual(['N', '1', 'T', 'undefined', '100', 'false'])
})
