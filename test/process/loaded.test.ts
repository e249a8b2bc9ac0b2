import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { isAlive } from '../../src/db/embedded/file-lock.ts'
import { until } from './server-process.ts'

const LOADED = path.resolve(import.meta.dirname, '../loaded.ts')

let child: ChildProcess
afterEach(() => child.kill('SIGKILL'))

test('the exit code is that of the command, and the loops end with it', async () => {
  const loops = await startLoaded(process.execPath, '-e', 'process.exit(3)')
  expect(loops).toHaveLength(4 * availableParallelism())
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(3)
  await until('the loops end', () => !loops.some(isAlive))
})

test.each(['SIGTERM', 'SIGKILL'] as const)('the loops end when the program is ended by %s', async (signal) => {
  const loops = await startLoaded(process.execPath, '-e', 'process.stdin.resume()')
  expect(loops.every(isAlive)).toBe(true)
  child.kill(signal)
  await until('the loops end', () => !loops.some(isAlive))
})

/** Starts a command beside loops and returns their process ids. */
async function startLoaded(...command: readonly string[]): Promise<readonly number[]> {
  child = spawn(process.execPath, [LOADED, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await until('the loops are named', () => said.includes('\n'))
  return said.replace(/.*: /, '').trim().split(' ').map(Number)
}
