import { is, messages } from './message.ts'

/** Comparisons of billers. */
export const COMPARISONS = messages('comparison', {
  noQuery: is.invalidQuery`A comparison is answered as a whole: it takes no query`,
  unknownState: is.invalidQuery`The state of a comparison must be one of ${['queued', 'running', 'done']}`,
  unknownStatus: is.invalidQuery`The status of an account must be one of ${['equal', 'differs']}`,
  unknownReason: is.invalidQuery`The reason of an account must be one of ${['amount', 'tax']}`,
  tableIsWhole: is.invalidQuery`CSV has all accounts: it takes neither offset nor limit`,
  mediaType: is.notAcceptable`The accounts come as ${['application/json', 'text/csv']}`,
  reportMediaType: is.notAcceptable`The report comes as ${['text/html']}`,
  oneSource: is.invalidBody`A comparison is of the bills of a billCycle or of an upload: name one of them`,
  uploadNotDone: is.conflict`This upload is ${'running'}; a comparison needs one that is done`,
  uploadDry: is.conflict`This upload was a dry run: it stored no bills to compare`,
  uploadForgotten: is.conflict`The results of this upload are not kept any more; send it again`,
  runNotDone: is.conflict`This billRun is ${'running'}; a comparison needs one that is done`,
  underWay: is.conflict`This comparison is being computed; it can be deleted afterwards`,
  notDone: is.conflict`This comparison is ${'running'}; it has results when it is done`
})
