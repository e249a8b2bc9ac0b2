// `npm run db:types` writes src/db/tables.ts: the columns of every table, as schema.prisma declares them.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { getDMMF } from '@prisma/get-dmmf'

const SCHEMA = new URL('schema.prisma', import.meta.url)
export const TABLES_FILE = fileURLToPath(new URL('../src/db/tables.ts', import.meta.url))

/** Prisma's name of a type -> row.ts's name. */
const KINDS: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Decimal: 'decimal',
  Boolean: 'boolean',
  DateTime: 'instant',
  Json: 'json'
}

export async function tablesSource(): Promise<string> {
  const read = await getDMMF({ datamodel: readFileSync(SCHEMA, 'utf8') })
  if (!('datamodel' in read)) throw new Error(`schema.prisma cannot be read: ${read.reason}`)
  const tables = read.datamodel.models.map((model) => {
    const columns = model.fields.filter(({ kind }) => kind === 'scalar')
    const lines = columns.map((field) => {
      const kind = field.nativeType?.[0] === 'Date' ? 'date' : KINDS[field.type]
      if (!kind || field.isList) throw new Error(`${model.name}.${field.name}: no decoder for ${field.type}`)
      return `    readonly ${field.dbName ?? field.name}: '${kind}${field.isRequired ? '' : '?'}'`
    })
    return [`  readonly ${model.dbName ?? model.name}: {`, ...lines, '  }'].join('\n')
  })
  const head = '/** The columns of every table; `?` marks those that may be null. Written by `npm run db:types`. */'
  return `${head}\nexport interface Tables {\n${tables.join('\n')}\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TABLES_FILE, await tablesSource())
