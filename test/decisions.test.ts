import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const FOLDER = path.resolve(import.meta.dirname, '../docs/decisions')
const RECORDS = readdirSync(FOLDER)
  .filter((name) => /^\d/.test(name))
  .sort()

const read = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8')

test('each decision has its own number, and none is missing', () => {
  expect(RECORDS.map((name) => Number(name.split('-')[0]))).toEqual(RECORDS.map((_, at) => at + 1))
})

test('the list of decisions has all of them, by their titles', () => {
  const titles = RECORDS.map((name) => {
    const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(name)) ?? []
    return `${number}. [${title}](${name})`
  })
  expect(read('README.md').match(/^\d+\. \[.*$/gm)).toEqual(titles)
})
