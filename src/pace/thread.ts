import { parentPort } from 'node:worker_threads'
import type { Task, Work } from './aside.ts'

/** Does the work of modules, which it loads when they are first needed. */
parentPort?.on('message', async ({ module, input }: Task) => {
  const { work }: { readonly work: Work<unknown, unknown> } = await import(module)
  const { output, moved } = await work(input)
  parentPort?.postMessage(output, moved)
})
