import { afterAll, beforeAll, expect, test } from 'vitest'
import { pieces } from '../../bench/large-upload.ts'
import { largeUploadTable } from '../../bench/upload-report.ts'
import { storeRows, told } from '../upload/stored.ts'
import { startUpload, type UploadWorld } from '../upload/upload-world.ts'

let world: UploadWorld
beforeAll(async () => {
  world = await startUpload()
})
afterAll(() => world.close())

test('each row of the file that the bench uploads makes a bill', async () => {
  const text = Buffer.concat([...pieces(1_001, (at) => `HEAT-${at}`)]).toString()
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const names = head.split(',')
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])))
  expect(rows).toHaveLength(1_001)
  expect(new Set(told(await storeRows(world, rows)))).toEqual(new Set(['created']))
})

test('the report tells the rows of a large upload per second, and its memory', () => {
  const figures = { rows: 1_000_000, perSecond: 21_000, ownPerSecond: 9_000, early: 60e6, late: 61e6, resident: 400e6 }
  const text = largeUploadTable(figures)
  expect(text).toMatch(/1,000,000 of accounts of other systems +21,000/)
  expect(text).toMatch(/with its ledger +9,000/)
  expect(text).toContain('after a fifth of the rows 60 MB, after nine tenths 61 MB; resident up to 400 MB')
})
