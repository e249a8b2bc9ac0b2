import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCollection } from '../../ctk/runner.ts'
import { collection, POSTMAN_FOLDER, postmanFiles } from '../../postman/collection.ts'
import { DEMO, fillDemoCredentials } from '../../sample-data/credentials.ts'
import { fillWithDemoData } from '../../sample-data/demo.ts'
import { fillDemoReseller } from '../../sample-data/reseller.ts'
import { newId } from '../../src/base/ulid.ts'
import { type BillingJobs, startBillingJobs } from '../../src/billing/jobs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { OPENAPI_FILE } from './document.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const CLIENT = path.join(import.meta.dirname, 'client')
const MODULES = path.join(ROOT, 'node_modules')
const run = promisify(execFile)

interface Environment {
  readonly values: readonly { readonly key: string; readonly value: string }[]
}

let server: TestServer
let work: BillingJobs
let url: string

beforeAll(async () => {
  server = await startTestServer()
  const { database } = server
  await fillWithDemoData(database)
  await fillDemoReseller(database)
  await fillDemoCredentials(database)
  const context = { database, clock: database.clock, newId, chunkAccounts: 100 }
  work = await startBillingJobs(server.url, context, pino({ level: 'silent' }))
  url = await server.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await work.stop()
  await server.close()
})

describe('a client that is generated from the committed document', () => {
  const generated = mkdtempSync(path.join(tmpdir(), 'tmf678-client-'))
  const types = path.join(generated, 'api.ts')
  afterAll(() => rmSync(generated, { recursive: true }))

  test('has strict types, which let a month of one account pass and refuse what the API would', async () => {
    await generate(types)
    expect(readFileSync(types, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')).not.toMatch(/\bany\b/)
    const config = path.join(generated, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(strictly(generated)))
    await compile(config)
  })

  test('gets a token, imports rates, starts a run, follows it and pays the bill', async () => {
    const { tenantId, clientSecret, username, password } = DEMO
    const program = path.join(CLIENT, 'program.ts')
    const { stdout } = await run(process.execPath, [program, url, tenantId, clientSecret, username, password])
    expect(JSON.parse(stdout)).toEqual({
      imported: 2,
      run: { state: 'done', billed: 1 },
      released: 1,
      due: { unit: 'EUR', value: 25.29 },
      allocations: 1,
      state: 'settled'
    })
  })
})

describe('the collection of Postman for people', () => {
  test('and its environment are committed as their declarations say (npm run openapi writes them)', () => {
    for (const [name, text] of postmanFiles()) expect(readFileSync(new URL(name, POSTMAN_FOLDER), 'utf8')).toBe(text)
  })

  test('runs from one end to the other, each request with the status that it tells', async () => {
    const text = postmanFiles().get('demo.postman_environment.json')
    const environment: Environment = JSON.parse(String(text))
    const known = environment.values.map(({ key, value }) => [key, value])
    const all = collection()
    const { results } = await runCollection({ collection: all, variables: { ...Object.fromEntries(known), root: url } })
    const told = all.item.flatMap(({ name: task, item }) =>
      item.map(({ name, response }) => `${task}: ${name} ${response[0]?.code}`)
    )
    // A followed run is requested several times.
    const answered = new Set(results.map(({ folder, name, status }) => `${folder}: ${name} ${status}`))
    expect([...answered]).toEqual(told)
    expect(results.flatMap(({ failed, errors }) => [...failed, ...errors])).toEqual([])
  })
})

/** The generator is written for the programming interface of TypeScript 5, which later ones lack. */
const WITH_TYPESCRIPT_5 = `data:text/javascript,${encodeURIComponent(`import { registerHooks } from 'node:module'
registerHooks({ resolve: (name, context, next) => next(name === 'typescript' ? 'typescript-5' : name, context) })`)}`

function generate(file: string) {
  const generator = path.join(MODULES, 'openapi-typescript/bin/cli.js')
  const args = ['--import', WITH_TYPESCRIPT_5, generator, OPENAPI_FILE, '--output', file]
  return run(process.execPath, [...args, '--default-non-nullable=false'])
}

/** Fails with what the compiler prints. */
async function compile(config: string): Promise<void> {
  const compiler = path.join(MODULES, 'typescript/bin/tsc')
  await run(process.execPath, [compiler, '--project', config]).catch(({ stdout }) => expect(stdout).toBe(''))
}

/** The generated types stand beside the programs, as far as the compiler sees. */
function strictly(generated: string) {
  const compilerOptions = {
    ...{ target: 'esnext', lib: ['esnext', 'dom'], module: 'nodenext', noEmit: true },
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noImplicitReturns: true },
    ...{ allowImportingTsExtensions: true, verbatimModuleSyntax: true },
    ...{ rootDirs: [CLIENT, generated], types: ['node'], typeRoots: [path.join(MODULES, '@types')] }
  }
  return { compilerOptions, files: ['program.ts', 'misuse.ts'].map((name) => path.join(CLIENT, name)) }
}
