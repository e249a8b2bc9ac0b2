import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** TypeScript files by path from the root of the project, with their text. */
export type Tree = ReadonlyMap<string, string>

const ROOT = path.resolve(import.meta.dirname, '..')
const FOLDERS = ['src', 'prisma', 'ctk', 'bench', 'demo', 'sample-data', 'postman', 'test']

export function readTree(): Tree {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
  )
  return new Map(files.sort().map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]))
}

/** Lists imports: static, dynamic, and by name as a separate program. */
export function importsOf(tree: Tree, file: string): readonly string[] {
  const specifiers = [...(tree.get(file) ?? '').matchAll(/(?:from|import\(|import)\s*'(\.[^']+\.ts)'/g)]
  return specifiers.map(([, specifier]) => path.posix.join(path.posix.dirname(file), String(specifier)))
}

/** Lists the direct and indirect imports of files, with the files themselves. */
export function reach(tree: Tree, roots: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>()
  const pending = [...roots]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    if (tree.has(file)) pending.push(...importsOf(tree, file))
  }
  return reached
}

/** Returns the room of a file: its folder in `src`, elsewhere its top folder. */
export function roomOf(file: string): string {
  return file.startsWith('src/') ? path.posix.dirname(file) : String(file.split('/')[0])
}
