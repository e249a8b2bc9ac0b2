import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { requireNoTransaction } from './slow.ts'

/** Four times what the longest itemised bill needs. */
const HEAP_MAX_MIB = 256
/** The longest a piece of work may take, even on a slow machine. */
const LIMIT_MS = 120_000
/** Keeps an idle thread: starting one takes longer than most work. */
const IDLE_MS = 30_000

/** A module whose work is done aside exports `work`. A failure ends the thread. */
export type Work<I, O> = (input: I) => Done<O> | Promise<Done<O>>

export interface Done<O> {
  readonly output: O
  /** The memory of the output that moves to the caller. */
  readonly moved: readonly ArrayBuffer[]
}

let thread: Worker | undefined
let ending: NodeJS.Timeout | undefined
let idle: Promise<unknown> = Promise.resolve()

/**
 * Does the work of a module in a thread, one piece at a time: what blocks, or leaves much garbage, holds nobody up
 * there. `begin` is called when its turn comes; its errors are thrown, and those that end the thread.
 */
export function doAside<I, O>(module: URL, input: I, begin: () => void = () => undefined): Promise<O> {
  requireNoTransaction('Work of the thread')
  const output = idle.then(() => {
    begin()
    return give<O>({ module: module.href, input })
  })
  idle = output.catch(() => undefined)
  return output
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

async function give<O>(task: Task): Promise<O> {
  clearTimeout(ending)
  thread ??= start()
  const own = thread
  try {
    own.postMessage(task)
    const [output] = await once(own, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })
    ending = setTimeout(stop, IDLE_MS).unref()
    return output
  } catch (error) {
    await stop()
    throw error
  }
}

export interface Task {
  readonly module: string
  readonly input: unknown
}

function start(): Worker {
  const started = new Worker(new URL('./thread.ts', import.meta.url), {
    name: 'aside',
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB }
  })
  // The callers handle errors; without a caller, an error must not end the process.
  started.on('error', () => undefined).unref()
  return started
}

async function stop(): Promise<void> {
  clearTimeout(ending)
  const own = thread
  thread = undefined
  await own?.terminate()
}
