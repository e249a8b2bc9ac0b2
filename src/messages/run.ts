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
  noReviewQuery: is.invalidQuery`A bill of a review is answered as a whole: it takes no query`,
  noDistributionQuery: is.invalidQuery`A distribution is answered as a whole: it takes no query`,
  oneSelection: is.invalidBody`Select bills of the review, or all of a reason: name one of them`,
  secondUser: is.forbidden`A user other than the one who started this billRun must release its bills`,
  inReview: is.conflict`Bills of this billRun are in review; release them as new or discard them first`,
  releasedLater: is.conflict`The bills of a billRun are released later here: start it with the billState new`,
  providerDiscards: is.forbidden`A bill that a billRun made is taken back by the provider`
})
