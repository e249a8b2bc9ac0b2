import { is, messages } from './message.ts'

export const RUNS = messages('run', {
  noQuery: is.invalidQuery`A billRun is answered as a whole: it takes no query`,
  billsNoQuery: is.invalidQuery`All bills of a billRun are answered: there is no query; GET /customerBill has filters`,
  unknownState: is.invalidQuery`The state of a billRun must be one of ${['queued', 'running', 'done']}`,
  filter: is.invalidQuery`$.filter takes conditions only, such as amountDue.value.lt=100`,
  billsMediaType: is.notAcceptable`The bills come as ${['application/json', 'text/csv']}`,
  dry: is.conflict`A dry billRun has no bills that could be ${'released'}`,
  notEnded: is.conflict`This billRun is ${'running'}; its bills can be ${'released'} when it has ended`,
  underWay: is.conflict`This billCycle is being run already`,
  noSpecification: is.conflict`This billCycle has no BillCycleSpecification to run`,
  noAccounts: is.conflict`No active postpaid account follows the specification of this billCycle`,
  closed: is.conflict`This billCycle is closed: it was run to its end`,
  resume: is.conflict`The last run of this billCycle is ${'failed'}; resume it`,
  wrongState: is.conflict`A billRun that is ${'done'} cannot be told to ${'resume'}; it must be
    ${'failed or cancelled'}`,
  providerDiscards: is.forbidden`A bill that a billRun made is taken back by the provider`
})
