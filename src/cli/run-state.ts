import { RUN_BILL_STATES, type RunBillState } from '../resources/customer-bill.ts'
import { type Arguments, Misuse } from './command.ts'

/** Reads `--state`, `new` by default. Throws Misuse. */
export function readState({ options: { state = 'new' } }: Arguments): RunBillState {
  const known = RUN_BILL_STATES.find((candidate) => candidate === state)
  if (known) return known
  throw new Misuse(`--state must be one of ${RUN_BILL_STATES.join(', ')}`)
}
