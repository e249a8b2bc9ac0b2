import { member, remember, status } from '../checks.ts'
import { type Check, type Folder, folder, post, remove } from '../postman.ts'
import { RATES, rates } from './samples.ts'

/** The rates that later folders query. */
export function setUp(): Folder {
  return folder(
    'Set-up',
    'Three rates of this run, for the folders after this one; Clean-up deletes them.',
    rates.map(({ variable, body }) =>
      post(RATES, body, [status(201), member('isBilled', false), remember(variable, 'body.id')], {
        name: `POST ${body.name}`
      })
    )
  )
}

/** Deletes the resources of the run, so that runs can be repeated on one server. */
export function cleanUp(): Folder {
  return folder('Clean-up', 'Deletes what the run created, so that runs can be repeated on one server.', [
    ...rates.map(({ variable }) => remove(`${RATES}/{{${variable}}}`, [status(204)])),
    remove('customerBillOnDemand/{{onDemand}}', [status(204), forgetRun])
  ])
}

/** Postman keeps variables; the next run needs a new name. */
const forgetRun: Check = ["pm.collectionVariables.unset('run')"]
