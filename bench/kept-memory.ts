/**
 * Loaded into the server before its own code (`--expose-gc --import`): asked by a message, it collects what is garbage
 * and tells how many bytes of JavaScript are left, with the memory outside of the heap that belongs to them.
 */
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.(heapUsed + external)
})
// It must not keep the server from ending.
process.channel?.unref()
