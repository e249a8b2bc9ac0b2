import fc from 'fast-check'
import { expect, test } from 'vitest'
import { membersOf } from '../../src/base/json-members.ts'

test('the members of an object keep every digit and sign', () => {
  const text = '{"a": 12345678901234567.890, "b": {"c": [1.10, "}"]}, "d\\"": "\\\\", "e":-0, "f" : [ ], "": null}'
  expect([...membersOf(text)]).toEqual([
    ['a', '12345678901234567.890'],
    ['b', '{"c": [1.10, "}"]}'],
    ['d"', '"\\\\"'],
    ['e', '-0'],
    ['f', '[ ]'],
    ['', 'null']
  ])
  expect([membersOf('{}').size, membersOf('{ }').size]).toEqual([0, 0])
})

test('any object is its members, however it is spaced', () => {
  const objects = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { noNullPrototype: true })
  fc.assert(
    fc.property(objects, fc.constantFrom('', '  '), (object, space) => {
      const members = [...membersOf(JSON.stringify(object, null, space))]
      const read = members.map(([name, value]) => [name, JSON.parse(value)])
      expect(read).toEqual(Object.entries(JSON.parse(JSON.stringify(object))))
    })
  )
})

test.each(['{"a": "x', '{"a": [1', '{"a"'])('%s is refused', (text) => {
  expect(() => membersOf(text)).toThrow(SyntaxError)
})
