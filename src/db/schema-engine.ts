import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory
} from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'
import type pg from 'pg'
import { migrationSettings, openPool } from './connection.ts'

const ENGINE = '@prisma/schema-engine-wasm/schema_engine_bg'
/** Object ids of the Postgres types `"char"` and `"char"[]`. */
const CHAR = 18
const CHAR_ARRAY = 1002

/** All tables and enumerations belong to the schema. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] }

/** Runs `work` with Prisma's schema engine on the database at `url`; a failed script rejects with Postgres' error. */
export async function withSchemaEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  loading ??= instantiate()
  const { SchemaEngine } = await loading
  const { pool, close } = openPool(migrationSettings(url, 'tmf678 schema engine'), 2, () => undefined)
  const adapter = migrationAdapter(pool)
  try {
    const datamodel = 'datasource db {\n  provider = "postgresql"\n}\n'
    const datamodels: [string, string][] = [['schema.prisma', datamodel]]
    const engine = await SchemaEngine.new(
      { datamodels },
      () => {},
      bindMigrationAwareSqlAdapterFactory(adapter.factory)
    )
    const result = await work(engine)
    engine.free()
    return result
  } catch (error) {
    // The engine rewords Postgres' error and sometimes loses it.
    throw adapter.scriptError() ?? error
  } finally {
    await close()
  }
}

/** Node's types lack WebAssembly; the browser's library declares it. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg')
let loading: Promise<Glue> | undefined

async function instantiate(): Promise<Glue> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => console.error(text) } })
  const file = createRequire(import.meta.url)
    .resolve(ENGINE)
    .replace(/\.js$/, '.wasm')
  const imports = { './schema_engine_bg.js': { ...glue } }
  const { instance } = await WebAssembly.instantiate(readFileSync(file), imports)
  glue.__wbg_set_wasm(instance.exports)
  const { __wbindgen_start: start } = instance.exports
  if (typeof start === 'function') start()
  return glue
}

type MigrationAdapter = {
  readonly factory: SqlMigrationAwareDriverAdapterFactory
  scriptError(): unknown
}

/** Corrects Prisma's adapter in three places where the engine cannot use it safely. */
function migrationAdapter(pool: pg.Pool): MigrationAdapter {
  markChars(pool)
  let failure: unknown
  const plain = new PrismaPg(pool)
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await plain.connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    return Object.assign(adapter, {
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        const result = await queryRaw(query)
        return {
          ...result,
          columnTypes: result.columnTypes.map((type) =>
            type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type
          )
        }
      },
      // The adapter would split a script at every semicolon, also inside strings and function bodies, and run the parts
      // one by one. Postgres runs one query in one transaction.
      executeScript: async (script: string) => {
        await pool.query(script).catch((error) => {
          failure = error
          throw error
        })
      }
    })
  }
  // With a connection string, the adapter takes the database itself for its shadow database.
  const connectToShadowDb = () => Promise.reject(new Error('there is no shadow database'))
  const { provider, adapterName } = plain
  return { factory: { provider, adapterName, connect, connectToShadowDb }, scriptError: () => failure }
}

/** The adapter refuses `"char"`, the type of many columns of Postgres' catalogue, but takes arrays of it. */
function markChars(pool: pg.Pool): void {
  const query = pool.query.bind(pool)
  const marked = async (config: pg.QueryConfig) => {
    const result = await query(config)
    // A script of several statements has several results, whose fields nobody reads.
    for (const field of result.fields ?? []) if (field.dataTypeID === CHAR) field.dataTypeID = CHAR_ARRAY
    return result
  }
  Object.assign(pool, { query: marked })
}
