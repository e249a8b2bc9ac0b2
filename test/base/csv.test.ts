import { expect, test } from 'vitest'
import { csvLine } from '../../src/http/csv.ts'

test.each([
  ['=1+1', "'=1+1"],
  ['+49 40', "'+49 40"],
  ['-5', "'-5"],
  ['@sum', "'@sum"],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠a', "'＠a"],
  [' =1', "' =1"],
  ['\u00a0=1', "'\u00a0=1"],
  ['\u3000=1', "'\u3000=1"],
  ['\u200b=1', "'\u200b=1"],
  ['\t=1', `"'\t=1"`],
  ['\n=1', `"'\n=1"`],
  ['a=1', 'a=1'],
  ['Roaming;=2+5;SMS', '"Roaming;=2+5;SMS"'],
  ['a,b', '"a,b"'],
  ['a|b', '"a|b"'],
  ['a\tb', '"a\tb"'],
  ['a\rb', '"a\rb"'],
  ['a\u2028b', '"a\u2028b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['="a"', `"'=""a"""`],
  ['', ''],
  [undefined, '']
])('the text %j is the cell %j', (text, cell) => {
  expect(csvLine(['x', text, 'y'])).toBe(`x,${cell},y\r\n`)
})

test('what is exact is written as it is', () => {
  expect(csvLine([{ exact: '-5.5' }, { exact: undefined }])).toBe('-5.5,\r\n')
})
