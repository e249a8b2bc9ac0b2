import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { BANS } from './tidy-bans.ts'

/** The rules of the house that no linter knows. */
const ROOT = path.resolve(import.meta.dirname, '..')
const FILE_LINES_MAX = 250
const LINE_LENGTH_MAX = 120

/** Folders of `src` by floor: a module imports from lower floors and from its own folder only. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  db: 1,
  audit: 2,
  jobs: 2,
  fairness: 2,
  tmf: 3,
  auth: 3,
  ledger: 3,
  resources: 4,
  admin: 4,
  accounts: 4,
  billing: 5,
  documents: 5,
  cli: 6
}
/** Files directly in `src` put the house together and may know everything. */
const TOP = 7
/** Where programs begin. */
const ENTRIES = [
  'src/main.ts',
  'src/cli.ts',
  'prisma/diff.ts',
  'demo/run.ts',
  'ctk/run.ts',
  'ctk/collection.ts',
  'bench/run.ts',
  'bench/bare.ts',
  'bench/load.ts',
  'bench/kept-memory.ts',
  'test/loaded.ts',
  'vitest.config.ts'
]

/** What only tests reach is dead, but for the second interpreter of queries, which tests the first one. */
const ORACLES = ['src/tmf/match.ts']

const CODE = ['src', 'prisma', 'ctk', 'bench', 'demo', 'sample-data', 'test'].flatMap(filesBelow)
/** Written by a command, not by hand. */
const GENERATED = ['src/db/tables.ts']
const SOURCES = CODE.filter((file) => file.startsWith('src/'))

describe('every module', () => {
  test('imports from lower floors and its own folder only', () => {
    const wrong = SOURCES.flatMap((file) =>
      importsOf(file)
        .filter((imported) => imported.startsWith('src/'))
        .filter((imported) => folderOf(imported) !== folderOf(file) && floorOf(imported) >= floorOf(file))
        .map((imported) => `${file} imports ${imported}`)
    )
    expect(wrong).toEqual([])
  })

  test('lives on a floor', () => {
    const unknown = SOURCES.map(folderOf).filter((folder) => folder !== '' && !(folder in FLOORS))
    expect([...new Set(unknown)]).toEqual([])
  })

  test('is reached from a program or a test', () => {
    const roots = [...ENTRIES, ...CODE.filter((file) => file.startsWith('test/'))]
    const fromPrograms = reach(ENTRIES)
    const reached = reach(roots)
    expect(CODE.filter((file) => !reached.has(file))).toEqual([])
    expect(SOURCES.filter((file) => !fromPrograms.has(file))).toEqual(ORACLES)
  })

  test('no folder of one floor imports another in a circle', () => {
    const circles = SOURCES.filter((file) => reach(importsOf(file)).has(file))
    const typeOnly = ['src/tmf/attribute.ts', 'src/tmf/resource.ts']
    expect(circles.filter((file) => !typeOnly.includes(file))).toEqual([])
  })
})

test(`no file is longer than ${FILE_LINES_MAX} lines, no line longer than ${LINE_LENGTH_MAX} characters`, () => {
  const long = CODE.filter((file) => !GENERATED.includes(file)).flatMap((file) => {
    const lines = read(file).split('\n')
    const wide = lines.findIndex((line) => line.length > LINE_LENGTH_MAX)
    return [
      ...(lines.length > FILE_LINES_MAX + 1 ? [`${file} has ${lines.length} lines`] : []),
      ...(wide >= 0 ? [`${file}:${wide + 1} is ${lines[wide]?.length} characters wide`] : [])
    ]
  })
  expect(long).toEqual([])
})

test.each(BANS)('$what is used only where it belongs: $because', ({ pattern, where, except }) => {
  const files = CODE.filter((file) => where.test(file))
  expect(files.filter((file) => !except.includes(file) && pattern.test(read(file)))).toEqual([])
})

test('generic code names no resource', () => {
  const names = filesBelow('src/resources')
    .map((file) => path.basename(file, '.ts'))
    .filter((name) => !['index', 'types'].includes(name))
  const camel = names.map((name) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()))
  const words = new RegExp(`\\b(?:${[...names, ...camel].join('|')})\\b`)
  const code = (file: string) => read(file).replace(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '')
  expect(filesBelow('src/tmf').filter((file) => words.test(code(file)))).toEqual([])
})

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
    .sort()
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

/** Files that a file imports, statically, dynamically or by name as a program of its own. */
function importsOf(file: string): string[] {
  const specifiers = [...read(file).matchAll(/(?:from|import\(|import)\s*'(\.[^']+\.ts)'/g)].map(
    ([, specifier]) => specifier
  )
  return specifiers.map((specifier) => path.posix.join(path.posix.dirname(file), String(specifier)))
}

function reach(roots: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>()
  const pending = [...roots]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    if (CODE.includes(file)) pending.push(...importsOf(file))
  }
  return reached
}

function folderOf(file: string): string {
  const [, folder = '', rest] = file.split('/')
  return rest === undefined ? '' : folder
}

function floorOf(file: string): number {
  const folder = folderOf(file)
  return folder === '' ? TOP : (FLOORS[folder] ?? TOP)
}
