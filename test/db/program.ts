import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const NODE = path.resolve(import.meta.dirname, '../../node_modules/.bin/node')

export type Program = { readonly child: ChildProcess; readonly firstLine: Promise<string>; ended(): Promise<void> }

/** Runs a TypeScript file of this folder in a process of its own; rejects `firstLine` if it prints none. */
export function runProgram(file: string, ...args: readonly string[]): Program {
  const child = spawn(NODE, [path.join(import.meta.dirname, file), ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exit = once(child, 'close')
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const lines = createInterface(child.stdout)
  const firstLine = Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exit.then(() => Promise.reject(new Error(`${file} printed nothing: ${said}`)))
  ])
  return { child, firstLine, ended: () => exit.then(() => undefined) }
}
