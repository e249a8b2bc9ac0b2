import { expect, test } from 'vitest'
import { parseHead, report } from '../../src/audit/report.ts'

const CONTENT = 'its content does not match its hash'
const hash = 'a'.repeat(64)
const sound = {
  tenantId: 'demo',
  sealed: 12,
  unsealed: 3,
  head: { tenantId: 'demo', position: 12, hash },
  broken: undefined
}
const empty = { tenantId: 'new', sealed: 0, unsealed: 0, head: undefined, broken: undefined }

test('the report has a line for each tenant, with its head', () => {
  expect(report([sound, empty])).toEqual({
    text: `demo: sound, 12 rows sealed, 3 not yet, head demo:12:${hash}\nnew: sound, 0 rows sealed, 0 not yet`,
    isSound: true
  })
})

test('the report names the first broken row', () => {
  const broken = { ...sound, broken: { position: 13, id: '01M7', why: CONTENT } }
  expect(report([empty, broken])).toEqual({
    text: [
      'new: sound, 0 rows sealed, 0 not yet',
      `demo: BROKEN at position 13, row 01M7: ${CONTENT}; 12 rows before it are sound`
    ].join('\n'),
    isSound: false
  })
  const missing = { ...sound, broken: { position: 13, id: undefined, why: 'position 13 is missing' } }
  expect(report([missing]).text).toContain('BROKEN at position 13: position 13 is missing')
})

test('the report prints a head that can be read again', () => {
  const head = { tenantId: 'a:b', position: 12, hash }
  const [, printed = ''] = report([{ ...sound, head }]).text.split('head ')
  expect(parseHead(printed)).toEqual(head)
})

test.each(['', 'demo', `demo:0:${hash}`, `demo:x:${hash}`, 'demo:1:abc', `:1:${hash}`, `demo:1:${hash}0`])(
  '%j is no head',
  (text) => {
    expect(parseHead(text)).toBeUndefined()
  }
)
