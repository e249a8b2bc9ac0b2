import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { present } from '../../base/unknown.ts'
import { DOCUMENTS } from '../../messages/document.ts'
import { requireNoTransaction } from '../../pace/slow.ts'
import type { BillContent } from '../content/bill-content.ts'

/** Four times what the longest itemised bill needs. */
const HEAP_MAX_MIB = 256
/** The longest a PDF may take, even on a slow machine. */
const LIMIT_MS = 120_000
/** Keeps an idle thread: starting one takes longer than most PDFs. */
const IDLE_MS = 30_000

let thread: Worker | undefined
let ending: NodeJS.Timeout | undefined
let idle: Promise<unknown> = Promise.resolve()

/**
 * Returns the PDF of a bill, made in a thread, one at a time. Throws `conflict` for a bill too large for the thread's
 * memory, and any error of `requireClient`, called when its turn comes.
 */
export function renderPdfAside(content: BillContent, requireClient: () => void = () => undefined): Promise<Buffer> {
  requireNoTransaction('A PDF')
  const file = idle.then(() => {
    requireClient()
    return render(content)
  })
  idle = file.catch(() => undefined)
  return file
}

async function render(content: BillContent): Promise<Buffer> {
  clearTimeout(ending)
  thread ??= start()
  const own = thread
  try {
    own.postMessage(content)
    const sent: Uint8Array[] = await once(own, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })
    const file = present(sent[0], 'the file of a thread')
    ending = setTimeout(stop, IDLE_MS).unref()
    return Buffer.from(file.buffer)
  } catch (error) {
    await stop()
    throw isOutOfMemory(error) ? TOO_LARGE : error
  }
}

const TOO_LARGE = DOCUMENTS.tooLarge()

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'pdf',
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
