import { is, messages } from './message.ts'

export const DISPUTES = messages('dispute', {
  notOwn: is.forbidden`A partner cancels the disputes that it opened itself; this one was opened by the ${'customer'}`,
  unknownReason: is.invalidField`$.reason must be one of the reasons of the tenant: ${['wrongAmount', 'other']}`,
  nothingLeft: is.conflict`Nothing of this bill is left to dispute; what is paid is corrected by a credit note`,
  moreThanLeft: is.conflict`The dispute of ${'119'} ${'EUR'} exceeds what is left to dispute of this bill, which is
    ${'59.5'}`,
  lineInDispute: is.conflict`${'$.lines[0].rate.id'} names a line that an open dispute names already`,
  referenceTaken: is.conflict`Another dispute has this reference already`,
  wrongState: is.conflict`The dispute is ${'resolved'} and cannot become ${'rejected'}`,
  moreThanDisputed: is.conflict`The credit note of ${'119'} ${'EUR'} exceeds what is disputed, which is ${'59.5'}; make
    it apart from the dispute`,
  aboveLimit: is.conflict`The credit note of ${'119'} ${'EUR'} is above the limit of the tenant; ask for it by
    POST creditNote and, once it is approved, resolve the dispute with $.creditNote`,
  oneWay: is.invalidField`The body must have exactly one of $.all, $.amount, $.lines and $.creditNote`,
  reasonMissing: is.invalidField`$.reason is required, unless $.creditNote is given`,
  unknownNote: is.invalidField`$.creditNote.id names no credit note of this bill that resolved no other dispute`,
  billInDispute: is.conflict`All that remains of the bill is disputed; it leaves the state onHold when the dispute ends`
})
