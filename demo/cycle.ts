import { post } from './api.ts'
import { expectLike, expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import { runCommand, type Scene } from './stage.ts'

/** The cycle of the run and its specification. */
export interface Calendar {
  readonly specificationId: string
  readonly cycleId: string
}

interface Cycle {
  readonly id: string
  readonly billingDate: string
  readonly chargeDate: string
  readonly validFor: { readonly startDateTime: string; readonly endDateTime: string }
}

/** The chapter of cycles. */
export async function openCycles(scene: Scene): Promise<Calendar> {
  const { api, month, narrator } = scene
  narrator.chapter('A calendar')
  narrator.say(
    'A specification says how often bills are made. A cycle is one month of it, with dates that follow from it.'
  )
  const specification = { name: 'Monthly', frequency: 'monthly', validFor: { startDateTime: month.start } }
  const { body } = await api.show<{ id: string }>(
    post('/billCycleSpecification', specification),
    () => specification.frequency
  )
  const cycle = {
    name: month.name,
    BillCycleSpecification: { id: body.id },
    validFor: { startDateTime: month.start }
  }
  const opened = await api.show<Cycle>(
    post('/billCycle', cycle),
    ({ body: { billingDate, chargeDate } }) => `billing date ${billingDate}, rates before ${chargeDate}`
  )
  const { billingDate, chargeDate, validFor } = opened.body
  expectSame('the dates of the cycle', [billingDate, chargeDate, validFor.endDateTime], Array(3).fill(month.end))
  narrator.say('A command opens the one after it.')
  const printed = await runCommand(scene, ['cycle', 'open', '--tenant', OPERATOR.id, body.id])
  narrator.answer(printed)
  expectLike('what the command opened', printed, new RegExp(`^opened billCycle .* from ${month.end} to `))
  return { specificationId: body.id, cycleId: opened.body.id }
}
