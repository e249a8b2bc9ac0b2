import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Much of a test is waiting for a process or the disk: one worker more than there are cores keeps them busy.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // Files of one worker share what they import; none keeps a state there that another one would see.
    isolate: false,
    // Most objects of a test are gone soon: with more room for new ones, the collector moves few of them.
    execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=32'],
    restoreMocks: true,
    reporters: ['default', './test/support/closing-line.ts'],
    // Bounds of what hangs, on however busy a machine; nothing else may depend on speed.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 600_000 } }
  }
})
