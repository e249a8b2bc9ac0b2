import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/**
 * Runs a command beside busy loops, four on each processor, as in `node test/loaded.ts vitest run`, and returns its
 * exit code. The loops end with this process.
 */
const LOOPS_PER_PROCESSOR = 4
/** Gets the parent's id as an argument: asking for it may be too late. */
const BUSY = 'while (process.ppid === Number(process.argv[1])) for (let n = 0; n < 1e8; n++);'

const [command = '', ...args] = process.argv.slice(2)
const loops = Array.from({ length: LOOPS_PER_PROCESSOR * availableParallelism() }, () =>
  spawn(process.execPath, ['-e', BUSY, String(process.pid)], { stdio: 'ignore' })
)
process.on('exit', () => {
  for (const loop of loops) loop.kill('SIGKILL')
})
console.log(`${loops.length} busy loops: ${loops.map(({ pid }) => pid).join(' ')}`)
const child = spawn(command, args, { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
const [code] = await once(child, 'exit')
process.exit(code ?? 1)
