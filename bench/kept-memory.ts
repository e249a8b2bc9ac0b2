/**
 * Loaded into the server by `--expose-gc --import`. On a message it collects garbage and reports the bytes of
 * JavaScript left, with the external memory.
 */
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.(heapUsed + external)
})
// It must not keep the server from ending.
process.channel?.unref()
