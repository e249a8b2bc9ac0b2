import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { LONGEST } from './support/longest-first.ts'
import { BANS } from './tidy-bans.ts'
import { privacyFaults } from './tidy-public.ts'
import { roomFaults } from './tidy-rooms.ts'
import { TEST_BANS } from './tidy-test-bans.ts'
import { importsOf, reach, readTree, type Tree } from './tidy-tree.ts'
import { wordFaults } from './tidy-words.ts'
import { WRITER_BANS } from './tidy-writers.ts'

/** The rules that no linter knows. */
const FILE_LINES_MAX = 250
const LINE_LENGTH_MAX = 120

/** Entry points of programs. */
const ENTRIES = [
  'src/main.ts',
  'src/cli.ts',
  'src/pace/thread.ts',
  'src/documents/pdf/pdf-work.ts',
  'src/image/png-work.ts',
  'src/upload/camt/camt-work.ts',
  'prisma/diff.ts',
  'demo/run.ts',
  'ctk/run.ts',
  'ctk/collection.ts',
  'postman/collection.ts',
  'bench/run.ts',
  'bench/bare.ts',
  'bench/load.ts',
  'bench/receive.ts',
  'bench/kept-memory.ts',
  'test/loaded.ts',
  'vitest.config.ts'
]

/** Written by a command, not by hand. */
const GENERATED = ['src/db/tables.ts']

const TREE = readTree()
const CODE = [...TREE.keys()]
const SOURCES = CODE.filter((file) => file.startsWith('src/'))

describe('every module', () => {
  test('imports from its own room, lower floors and earlier rooms of its wing only', () => {
    expect(roomFaults(TREE)).toEqual([])
  })

  test('imports public files of other rooms only, and each of these is needed', () => {
    expect(privacyFaults(TREE)).toEqual([])
  })

  test('is reached from a program or a test', () => {
    const roots = [...ENTRIES, ...CODE.filter((file) => file.startsWith('test/'))]
    const fromPrograms = reach(TREE, ENTRIES)
    const reached = reach(TREE, roots)
    expect(CODE.filter((file) => !reached.has(file))).toEqual([])
    expect(SOURCES.filter((file) => !fromPrograms.has(file))).toEqual([])
  })

  test('stands in no circle of imports', () => {
    const circles = CODE.filter((file) => reach(TREE, importsOf(TREE, file)).has(file))
    const typeOnly = ['src/tmf/declaration/attribute.ts', 'src/tmf/declaration/resource.ts']
    expect(circles.filter((file) => !typeOnly.includes(file))).toEqual([])
  })
})

test.each([
  ['an upward import', 'src/db/x.ts', "import { a } from '../tmf/a.ts'", 'src/db/x.ts imports src/tmf/a.ts'],
  ['one across wings', 'src/audit/x.ts', "import('../jobs/a.ts')", 'src/audit/x.ts imports src/jobs/a.ts'],
  ['a file without a room', 'src/shed/x.ts', '', 'src/shed/x.ts stands in no room of the house'],
  ['a user that the house imports', 'src/x.ts', "import '../demo/a.ts'", 'src/x.ts imports demo/a.ts']
])('the rule of rooms finds %s', (_, file, text, fault) => {
  expect(roomFaults(new Map([[file, text]]))).toEqual([fault])
})

test('the rule of public files finds an import of a private one, and a file that is public in vain', () => {
  const faults = privacyFaults(new Map([['src/cli/x.ts', "import '../documents/pdf/page.ts'"]]))
  expect(faults).toContain('src/cli/x.ts imports src/documents/pdf/page.ts')
  expect(faults).toContain('src/documents/pdf/pdf-aside.ts is public, and no room imports it')
})

test(`no file is longer than ${FILE_LINES_MAX} lines, no line longer than ${LINE_LENGTH_MAX} characters`, () => {
  const long = CODE.filter((file) => !GENERATED.includes(file)).flatMap((file) => {
    const lines = String(TREE.get(file)).split('\n')
    const wide = lines.findIndex((line) => line.length > LINE_LENGTH_MAX)
    return [
      ...(lines.length > FILE_LINES_MAX + 1 ? [`${file} has ${lines.length} lines`] : []),
      ...(wide >= 0 ? [`${file}:${wide + 1} is ${lines[wide]?.length} characters wide`] : [])
    ]
  })
  expect(long).toEqual([])
})

describe.each([...BANS, ...TEST_BANS, ...WRITER_BANS])('$what', ({ pattern, where, except, offence, because }) => {
  test(`is used only where it belongs: ${because}`, () => {
    expect(offenders(TREE)).toEqual([])
  })

  test('is found where it does not belong', () => {
    const file = ['src/x.ts', 'test/x.ts'].find((name) => where.test(name)) ?? ''
    for (const text of [offence].flat()) expect(offenders(new Map([[file, text]])), text).toEqual([file])
  })

  test('has no exception that is none', () => {
    expect(except.filter((file) => !pattern.test(TREE.get(file) ?? ''))).toEqual([])
  })

  function offenders(tree: Tree): readonly string[] {
    const found = [...tree].filter(([file, text]) => where.test(file) && !except.includes(file) && pattern.test(text))
    return found.map(([file]) => file)
  }
})

/** Type assertions outside the two seams. The number only falls. */
const ASSERTIONS_MAX = 28
const SEAMS = ['src/tmf/representation.ts', 'src/tmf/declaration/resource.ts', 'src/db/row.ts']

test('there are no more type assertions than there were', () => {
  const assertions = SOURCES.filter((file) => !SEAMS.includes(file)).flatMap((file) => {
    const code = String(TREE.get(file)).replace(/\/\*\*[\s\S]*?\*\/|\/\/.*|`[^`]*`|'[^'\n]*'/g, '')
    const statements = code.replace(/^(?:import|export) [^;]*? from .*$/gm, '')
    return [...statements.matchAll(/\bas (?!const\b|typeof import)[\w{([]/g)].map(() => file)
  })
  expect(assertions.length).toBeLessThanOrEqual(ASSERTIONS_MAX)
})

/** Returns entries of the catalogue, such as `QUERIES.nul`, without a user. */
function unusedMessages(tree: Tree): readonly string[] {
  const inFolder = ([file]: readonly [string, string]) => file.startsWith('src/messages/')
  const code = [...tree].filter((entry) => entry[0].startsWith('src/') && !inFolder(entry)).map(([, text]) => text)
  const used = new Set(code.flatMap((text) => text.match(/\b[A-Z_]+\.[a-z]\w*\b/g) ?? []))
  const entries = [...tree].filter(inFolder).flatMap(([, text]) => {
    const name = /^export const (\w+) = messages\(/m.exec(text)?.[1]
    return [...text.matchAll(/^ {2}(\w+): is\.\w+`/gm)].map(([, entry]) => `${name}.${entry}`)
  })
  return entries.filter((entry) => !used.has(entry))
}

/** Files that write a message to clients themselves. */
function scattered(tree: Tree): readonly string[] {
  const isElsewhere = (file: string) => file.startsWith('src/') && !file.startsWith('src/messages/')
  return [...tree].filter(([file, text]) => isElsewhere(file) && /\bnew Problem\(/.test(text)).map(([file]) => file)
}

test('every message stands in src/messages', () => {
  expect(scattered(TREE)).toEqual([])
  expect(scattered(new Map([['src/x.ts', "throw new Problem('conflict', 'a.b', 'No')"]]))).toEqual(['src/x.ts'])
})

test('every message is thrown somewhere', () => {
  expect(unusedMessages(TREE)).toEqual([])
  const own = [
    'src/messages/a.ts',
    "export const OWN = messages('own', {\n  a: is.conflict`A`,\n  b: is.conflict`B`\n})"
  ] as const
  expect(unusedMessages(new Map([own, ['src/x.ts', 'throw OWN.a()']]))).toEqual(['OWN.b'])
})

test('the parts of Prisma are pinned, and all of one release', () => {
  const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8')
  )
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).flatMap(
    ([name, version]) => (name.startsWith('@prisma/') ? [version.replace(/-.*/, '')] : [])
  )
  expect(versions).toEqual(versions.map(() => expect.stringMatching(/^\d+\.\d+\.\d+$/)))
  expect(new Set(versions).size).toBe(1)
})

test('the documentation names files that exist', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...readdirSync('docs').map((name) => `docs/${name}`)
  ]
  const missing = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/`((?:[a-z-]+\/)+[a-z-]+(?:\.test)?\.ts)`/g)]
        .map(([, file]) => String(file))
        .filter((file) => !existsSync(file) && !existsSync(`src/${file}`))
        .map((file) => `${page}: ${file}`)
    )
  expect(missing).toEqual([])
})

test('the longest tests are files that exist', () => {
  expect(LONGEST.filter((file) => !existsSync(file))).toEqual([])
})

test('generic code names no resource', () => {
  const names = CODE.filter((file) => file.startsWith('src/resources/'))
    .map((file) => path.basename(file, '.ts'))
    .filter((name) => !['index', 'types'].includes(name))
  const camel = names.map((name) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()))
  const words = new RegExp(`\\b(?:${[...names, ...camel].join('|')})\\b`)
  const code = (file: string) => String(TREE.get(file)).replace(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '')
  expect(SOURCES.filter((file) => file.startsWith('src/tmf/') && words.test(code(file)))).toEqual([])
})

describe('plain English', () => {
  test('is what comments and pages are in', () => {
    const folders = ['.', 'docs', 'docs/decisions', 'bench', 'ctk']
    const pages = folders.flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    const texts = pages
      .filter((page) => page.endsWith('.md'))
      .map((page) => [page, readFileSync(page, 'utf8')] as const)
    const code = CODE.filter((file) => file !== 'test/tidy.test.ts').map(
      (file) => [file, String(TREE.get(file))] as const
    )
    expect([...texts, ...code].flatMap(([file, text]) => wordFaults(file, text))).toEqual([])
  })

  test.each([
    ['x.ts', '/** Locks it for whoever asks. */', 'whoever'],
    ['x.ts', '  // All rows, but\n  // for one.\n', 'but for'],
    ['x.ts', '/** Returns a row, be it old. */', 'be it'],
    ['x.ts', '/** A run is told of its end. */', 'is told of'],
    ['x.ts', '/**\n * Answers the rows.\n */', 'Answers'],
    ['x.ts', '/** Adds a row; answers its id. */', '; answers '],
    ['x.ts', '/** What a bill is. */', 'What'],
    ['x.ts', '/** So many rows are read. */', 'So many'],
    ['x.md', 'Jobs are looked at so often.', 'so often']
  ])('does not say in %s: %s', (file, text, phrase) => {
    expect(wordFaults(file, text)).toEqual([`${file} says "${phrase}"`])
  })
})
