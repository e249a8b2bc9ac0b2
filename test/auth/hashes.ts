import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { vi } from 'vitest'

/** Returns the cost of each hash that a piece of work computes. Counts work, not time: a busy machine is slow. */
export async function hashesOf(work: () => Promise<unknown>) {
  const argon2 = vi.spyOn(crypto, 'argon2')
  syncBuiltinESMExports()
  try {
    await work()
    return argon2.mock.calls.map(([, parameters]) => parameters)
  } finally {
    argon2.mockRestore()
    syncBuiltinESMExports()
  }
}
