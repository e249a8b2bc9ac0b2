import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Problem } from '../../base/problem.ts'
import { present } from '../../base/unknown.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import type { BillView } from '../view/bill-view.ts'

/** The heap of the thread. A bill of as many lines as are itemised needs a quarter of it. */
const HEAP_MAX_MIB = 256
/** How long a PDF may take, on however slow a machine. */
const LIMIT_MS = 120_000
/** A thread without work is kept for so long: to start one takes longer than most PDFs. */
const IDLE_MS = 30_000

let thread: Worker | undefined
let ending: NodeJS.Timeout | undefined
/** Settles when no PDF is being made. */
let idle: Promise<unknown> = Promise.resolve()

/**
 * The PDF of a bill, made beside the event loop: one after the other, in a thread that is there while it is needed.
 * Throws `conflict` for a bill that the thread has no room for, and what `requireClient` throws when its turn comes.
 */
export function renderPdfAside(view: BillView, requireClient: () => void = () => undefined): Promise<Buffer> {
  requireNoTransaction('A PDF')
  const file = idle.then(() => {
    requireClient()
    return render(view)
  })
  idle = file.catch(() => undefined)
  return file
}

async function render(view: BillView): Promise<Buffer> {
  clearTimeout(ending)
  thread ??= start()
  const own = thread
  try {
    own.postMessage(view)
    const sent: Uint8Array[] = await once(own, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })
    const file = present(sent[0], 'the file of a thread')
    ending = setTimeout(stop, IDLE_MS).unref()
    return Buffer.from(file.buffer)
  } catch (error) {
    await stop()
    throw isOutOfMemory(error) ? TOO_LARGE : error
  }
}

const TOO_LARGE = new Problem('conflict', 'This bill is too large for a PDF; it is there as text/html and text/csv')

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'pdf',
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB }
  })
  // Whoever waits for it learns of an error by itself; nobody may.
  started.on('error', () => undefined).unref()
  return started
}

async function stop(): Promise<void> {
  clearTimeout(ending)
  const own = thread
  thread = undefined
  await own?.terminate()
}
