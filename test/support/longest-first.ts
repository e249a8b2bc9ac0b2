import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of ten seconds and more, in the order of their duration: begun last, one of them would run on alone. */
export const LONGEST = [
  'test/process/event-kill.test.ts',
  'test/api/fuzz.test.ts',
  'test/process/start.test.ts',
  'test/access/guessing.test.ts',
  'test/process/stop.test.ts',
  'test/ctk/ctk.test.ts',
  'test/process/bill-run-kill.test.ts',
  'test/process/flood.test.ts',
  'test/cli.test.ts',
  'test/api/turns.test.ts',
  'test/process/jobs.test.ts',
  'test/api/oracle.test.ts',
  'test/process/silence.test.ts',
  'test/db/embedded-postgres.test.ts',
  'test/events/delivery-failures.test.ts',
  'test/process/discard-kill.test.ts',
  'test/process/database.test.ts',
  'test/billing/discard-properties.test.ts',
  'test/access/isolation.test.ts',
  'test/process/refusal.test.ts',
  'test/documents/large.test.ts',
  'test/demo/play.test.ts',
  'test/chaos/chaos.test.ts'
]

/** Begins with the longest files. The others follow as vitest orders them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((file) => moduleId.endsWith(file))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}
