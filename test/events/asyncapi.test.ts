import { readFileSync } from 'node:fs'
import { schemasWithoutId } from '@asyncapi/specs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { asyncApiDocument } from '../../src/events/asyncapi.ts'
import { EVENT_TYPES } from '../../src/events/event-types.ts'
import { asyncApiText } from '../../src/openapi-file.ts'
import { ASYNCAPI_FILE } from '../openapi/document.ts'

test('the committed AsyncAPI document is what the declarations give (npm run openapi writes it)', () => {
  expect(readFileSync(ASYNCAPI_FILE, 'utf8')).toBe(asyncApiText())
})

test('it is a document of AsyncAPI 3', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const validate = ajv.compile(schemasWithoutId['3.0.0'])
  expect([validate(asyncApiDocument()), validate.errors]).toEqual([true, null])
  expect(validate({ ...asyncApiDocument(), channels: { callback: { adress: null } } })).toBe(false)
})

test('every reference leads somewhere, and nothing is described that nothing refers to', () => {
  const text = asyncApiText()
  const document = JSON.parse(text)
  const references = new Set([...text.matchAll(/"#\/([^"]*)"/g)].map(([, reference]) => String(reference)))
  for (const reference of references) {
    expect([reference, typeof reference.split('/').reduce((value, step) => value?.[step], document)]).toEqual([
      reference,
      'object'
    ])
  }
  const { messages, schemas } = document.components
  const described = [
    ...Object.keys(messages).map((name) => `messages/${name}`),
    ...Object.keys(schemas).map((name) => `schemas/${name}`)
  ]
  expect(described.filter((name) => !references.has(`components/${name}`))).toEqual([])
})

test('docs/events.md lists every type of event, and no other', () => {
  const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+Event)` \|.*\| `(\w+)`/gm)].map(([, name, payload]) => [name, payload])
  expect(rows).toEqual([...EVENT_TYPES.values()].map(({ name, subject }) => [name, subject.path]))
})

test('it has every type of event; the four of TMF678 are marked as such', () => {
  const document = JSON.parse(asyncApiText())
  const { messages } = document.components
  expect(Object.keys(messages)).toEqual([...EVENT_TYPES.keys()])
  expect(Object.keys(messages).filter((name) => messages[name]['x-tmf-event'] === 'standard')).toEqual([
    'CustomerBillCreateEvent',
    'CustomerBillStateChangeEvent',
    'CustomerBillOnDemandCreateEvent',
    'CustomerBillOnDemandStateChangeEvent'
  ])
})
