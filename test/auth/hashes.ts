import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { vi } from 'vitest'

/** What each hash costs that is computed for a piece of work. Work is counted, not timed: a busy machine is slow. */
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
