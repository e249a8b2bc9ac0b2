import { is, messages } from './message.ts'

export const DOCUMENTS = messages('document', {
  notFound: is.notFound`This customerBill has no document with this id`,
  billGone: is.notFound`There is no customerBill with this id any more`,
  elsewhere: is.notFound`This document is kept elsewhere; url or href in billDocument says where, if anything`,
  mediaType: is.notAcceptable`This document is there as ${['application/pdf', 'text/html', 'text/csv']}`,
  tooLarge: is.conflict`This bill is too large for a PDF; it is there as text/html and text/csv`,
  linesDiffer: is.conflict`This bill has no document: its rates amount to ${'10'}, its taxExcludedAmount is ${'12'}`,
  totalsDiffer: is.conflict`This bill has no document: its taxExcludedAmount and taxes are ${'12'}, its
    taxIncludedAmount is ${'13'}`,
  currencies: is.conflict`This bill has no document: it has amounts in ${'EUR'} and in ${'USD'}`
})
