import { randomUUID } from 'node:crypto'
import {
  type NewmanRunExecution,
  type NewmanRunFailure,
  type NewmanRunOptions,
  type NewmanRunSummary,
  run
} from 'newman'
import { NO_AUTH } from './postman.ts'

const REQUEST_LIMIT_MS = 120_000

export interface RunOptions {
  /** A parsed collection in Postman's format. */
  readonly collection: RunnableFolder
  /** Variables of the collection, e.g. `baseUrl`. */
  readonly variables: Readonly<Record<string, string>>
  /** Replaces headers of the same name on every request not marked as `noauth`. */
  readonly headers?: Readonly<Record<string, string>>
  /** File of the HTML report; undefined for none. */
  readonly html?: string
  /** Accepts any TLS certificate, as the official kits do. */
  readonly insecure?: boolean
}

/** The part of a collection that a run uses; the rest is passed on. */
export interface RunnableFolder {
  readonly name?: string
  readonly item?: readonly RunnableFolder[]
  readonly request?: { readonly header?: readonly RunnableHeader[]; readonly auth?: { readonly type: string } }
}

interface RunnableHeader {
  readonly key: string
  readonly value: string
}

export interface Summary {
  readonly startedAt: string
  readonly durationMs: number
  /** Requests sent, repeated by scripts, and skipped. */
  readonly requests: { readonly total: number; readonly repeated: number; readonly skipped: number }
  readonly assertions: { readonly total: number; readonly passed: number; readonly failed: number }
  /** Requests without a response and scripts that broke off. */
  readonly errors: number
  readonly responseTimeMs: { readonly mean: number; readonly median: number }
  readonly results: readonly Result[]
}

export interface Result {
  /** Names of the folders, outermost first. */
  readonly folder: readonly string[]
  readonly name: string
  readonly method: string
  /** Null for a request without a response. */
  readonly status: number | null
  readonly responseTimeMs: number | null
  readonly assertions: number
  readonly failed: readonly { readonly assertion: string; readonly message: string }[]
  readonly errors: readonly string[]
}

/** Runs a collection once, request after request. Throws only if it cannot run at all. */
export async function runCollection(options: RunOptions): Promise<Summary> {
  const places = new Map<string, Place>()
  const collection = prepare(options.collection, [], options.headers ?? {}, places)
  const started = Date.now()
  const { run: outcome } = await bootingAgain(() => execute(collection, options), console.error)
  const results = outcome.executions.map((each) => result(each, outcome.failures, places))
  const sent = new Set(outcome.executions.map(({ item }) => item.id)).size
  const times = results.flatMap(({ responseTimeMs }) => (responseTimeMs === null ? [] : [responseTimeMs]))
  const total = sum(results.map(({ assertions }) => assertions))
  const failed = sum(results.map((each) => each.failed.length))
  return {
    startedAt: new Date(started).toISOString(),
    durationMs: Date.now() - started,
    // Newman leaves out requests that a script skipped.
    requests: { total: sent, repeated: results.length - sent, skipped: places.size - sent },
    assertions: { total, passed: total - failed, failed },
    errors: outcome.failures.length - failed,
    responseTimeMs: { mean: round(sum(times) / Math.max(times.length, 1)), median: median(times) },
    results
  }
}

/** True if every assertion held, nothing broke off, and something was asserted. */
export function isPassed({ assertions, errors }: Summary): boolean {
  return assertions.total > 0 && assertions.failed === 0 && errors === 0
}

interface Place {
  readonly folder: readonly string[]
  readonly name: string
}

/** Copies a collection with an id for every request, to find its folders again, and the headers unless marked. */
function prepare(
  node: RunnableFolder,
  folder: readonly string[],
  headers: Readonly<Record<string, string>>,
  places: Map<string, Place>
): RunnableFolder {
  if (node.item !== undefined) {
    return { ...node, item: node.item.map((each) => prepare(each, inside(folder, each), headers, places)) }
  }
  const id = randomUUID()
  places.set(id, { folder, name: node.name ?? '' })
  if (node.request?.auth?.type === NO_AUTH.type) return { ...node, ...{ id } }
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const kept = (node.request?.header ?? []).filter(({ key }) => !replaced.has(key.toLowerCase()))
  const added = Object.entries(headers).map(([key, value]) => ({ key, value }))
  return { ...node, ...{ id }, request: { ...node.request, header: [...kept, ...added] } }
}

function inside(folder: readonly string[], node: RunnableFolder): readonly string[] {
  return node.item === undefined ? folder : [...folder, node.name ?? '']
}

/** Retries a run that could not begin because newman's sandbox did not boot in its 30 s; nothing was sent by then. */
export async function bootingAgain<T>(run: () => Promise<T>, say: (line: string) => void): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof Error && /timed out after \d+ ?ms|sandbox/i.test(error.message))) throw error
    say(`the sandbox of newman did not boot (${error.message}), which a busy machine may cause: trying once more`)
    return run()
  }
}

function execute(collection: RunnableFolder, options: RunOptions): Promise<NewmanRunSummary> {
  const { variables, headers = {}, html, insecure = false } = options
  const reporter = { htmlextra: { export: html, skipHeaders: Object.keys(headers) } }
  return new Promise((resolve, reject) => {
    run(
      {
        collection: collection as NewmanRunOptions['collection'],
        envVar: Object.entries(variables).map(([key, value]) => ({ key, value })),
        reporters: html === undefined ? [] : ['htmlextra'],
        reporter,
        insecure,
        timeoutRequest: REQUEST_LIMIT_MS
      },
      (error, summary) => (error ? reject(error) : resolve(summary))
    )
  })
}

function result(
  execution: NewmanRunExecution,
  failures: readonly NewmanRunFailure[],
  places: ReadonlyMap<string, Place>
): Result {
  const { item, request, assertions = [], cursor } = execution
  // Missing if the request got no response, whatever the type says.
  const response: NewmanRunExecution['response'] | undefined = execution.response
  const own = failures.filter((failure) => 'ref' in failure.cursor && failure.cursor.ref === cursor.ref)
  const ofAssertions = own.filter(({ at }) => at.startsWith('assertion:'))
  return {
    ...(places.get(item.id) ?? { folder: [], name: item.name }),
    method: request?.method ?? '',
    status: response?.code ?? null,
    responseTimeMs: response?.responseTime ?? null,
    assertions: assertions.length,
    failed: ofAssertions.map(({ error }) => ({ assertion: error.test, message: error.message })),
    errors: own.filter((each) => !ofAssertions.includes(each)).map(({ at, error }) => `${at}: ${error.message}`)
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return round((lower + upper) / 2)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
