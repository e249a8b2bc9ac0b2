import { expect, test } from 'vitest'
import { account } from '../../src/accounts/account.ts'
import { catalogue } from '../../src/billing/catalogue.ts'
import { billCycle } from '../../src/resources/bill-cycle.ts'
import { billCycleSpecification } from '../../src/resources/bill-cycle-specification.ts'
import { customerBill } from '../../src/resources/customer-bill.ts'
import { customerBillOnDemand } from '../../src/resources/customer-bill-on-demand.ts'
import { json, money, oneOf, reference, text } from '../../src/tmf/declaration/attribute.ts'
import { declareResource, defineResource, rulesOf, served } from '../../src/tmf/declaration/define.ts'
import type { DocumentOf } from '../../src/tmf/declaration/resource.ts'
import { list, object, text as textShape } from '../../src/tmf/declaration/shape.ts'
import type { remove } from '../../src/tmf/remove.ts'
import type { create, patch } from '../../src/tmf/write.ts'

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
const events = {
  created: 'ThingCreateEvent',
  stateChanged: 'ThingStateChangeEvent',
  attributeValueChanged: 'ThingAttributeValueChangeEvent',
  removed: 'ThingDeleteEvent'
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
  defineResource({ ...declared, events: { ...events, created: 'BillCreateEvent' } })
  const thing = defineResource({
    ...declared,
    states: { initial: 'open', transitions: { open: ['closed'], closed: ['open'] } },
    unique: { thing_key: 'name' },
    events
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
  rulesOf(thing).check?.(document)
  expect(words).toEqual(['N', '1', 'T', 'undefined', '100', 'false'])
})

test('A resource that awaits the rules of the engine is not written without them', () => {
  type Written = Parameters<typeof create>[2] & Parameters<typeof patch>[2] & Parameters<typeof remove>[2]
  const written = ({ path }: Written): string => path
  // @ts-expect-error: nothing numbers, posts or pays it
  expect(written(customerBill)).toBe('customerBill')
  // @ts-expect-error: nobody bills it
  expect(written(customerBillOnDemand)).toBe('customerBillOnDemand')
  // @ts-expect-error: it has no dates
  expect(written(billCycle)).toBe('billCycle')
  // @ts-expect-error: nobody reads how often it recurs
  expect(written(billCycleSpecification)).toBe('billCycleSpecification')
  // @ts-expect-error: it does not take over what it was billed before
  expect(written(account)).toBe('accounts')
  // @ts-expect-error: a copy has no more rules than it
  expect(written({ ...customerBill, beforeChange: async () => undefined })).toBe('customerBill')
  // @ts-expect-error: rules are given all, or none
  expect(served(customerBill, { beforeChange: async () => undefined }).path).toBe('customerBill')
  expect([...catalogue.values()].map(written)).toEqual([...catalogue.keys()])
})

test('Awaited rules stand beside those of the declaration', () => {
  const thing = served(declareResource(['checkRemoval'], { ...declared, check: () => undefined }), {
    checkRemoval: () => undefined
  })
  const given = Object.entries(rulesOf(thing)).flatMap(([name, rule]) => (rule ? [name] : []))
  expect(given.sort()).toEqual(['check', 'checkRemoval'])
})
