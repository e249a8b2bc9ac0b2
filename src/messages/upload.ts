import { is, messages } from './message.ts'

export const UPLOADS = messages('upload', {
  notRows: is.invalidBody`The body must be a JSON array of rows`,
  noRows: is.missingBody`The upload needs at least one row`,
  tooManyRows: is.payloadTooLarge`At most ${10_000} rows are taken at a time`,
  mediaType: is.unsupportedMediaType`An upload comes as ${['text/csv', 'application/x-ndjson']}`,
  atomicTooLong: is.payloadTooLarge`atomic=true takes at most ${100_000} rows`,
  tooManyOpen: is.tooManyRequests`This provider has ${50} uploads that are receiving or running, which is all that is
    allowed; wait for the end of one, or cancel it`,
  tooManyOfPartner: is.tooManyRequests`This partner has ${20} uploads that are receiving or running, which is all that
    is allowed; wait for the end of one, or cancel it`,
  noQuery: is.invalidQuery`An upload is answered as a whole: it takes no query`,
  rowsMediaType: is.notAcceptable`The rows come as ${['application/json', 'text/csv']}`,
  unknownState: is.invalidQuery`The state of an upload must be one of ${['receiving', 'running', 'done']}`,
  ended: is.conflict`This upload is ${'cancelled'}: it takes no more rows`,
  notCancellable: is.conflict`An upload that is ${'done'} cannot be cancelled; it must be receiving or running`,
  notEnded: is.conflict`An upload that is ${'running'} cannot be deleted; cancel it, or wait for its end`,
  partType: is.unsupportedMediaType`The file of the form must be ${['text/csv', 'application/x-ndjson']}, or its name
    must end with ${['.csv', '.ndjson']}`,
  encoding: is.unsupportedMediaType`Content-Encoding must be gzip, or be left out`,
  notGzip: is.invalidBody`The body must be gzip, as its Content-Encoding says`,
  gzipCut: is.invalidBody`The gzip of the body was cut short; send all of it`,
  bomb: is.payloadTooLarge`The body must not unpack to more than ${200} times its size`,
  fileTooLarge: is.payloadTooLarge`The file must have at most ${1_073_741_824} bytes, unpacked`,
  rowTooLong: is.payloadTooLarge`At ${'row 3'}: a row must have at most ${100_000} bytes; maybe a quote is not closed`,
  notForm: is.invalidBody`The body must be a whole form of parts, as its Content-Type says`,
  oneFile: is.invalidBody`The form must have one part: the file, with its name; options go into the query`,
  notUtf8: is.invalidBody`The file must be UTF-8: ${'row 3'} has the byte ${'0xFC'}, as Latin-1, Windows-1252 or UTF-16
    have it; save it as UTF-8`,
  noHeader: is.missingBody`The file is empty; its first line must name columns: ${['account_number', 'amount']}`,
  headerQuote: is.invalidBody`The first line must name columns; its quotes do not fit`,
  unknownColumns: is.invalidBody`The first line must name columns: ${['colour']} is none; there are
    ${['account_number', 'amount']}`,
  repeatedColumns: is.invalidBody`The first line must name each column once; it has ${['amount']} twice`,
  missingColumns: is.invalidBody`The header lacks ${['amount']}; there are ${['account_number', 'amount']}`,
  openQuote: is.invalidBody`The file ends within the quotes of a cell, which begin at ${'row 3'}; it may be cut short`,
  strayQuote: is.invalidBody`At ${'row 3'}: a cell with a quote must be in quotes, with its own quotes doubled`,
  notXml: is.invalidBody`The file must be well-formed XML${': Missing end tag for element Ntry (line 7, column 3)'}`,
  docType: is.invalidBody`The file must be XML without a DOCTYPE`,
  otherMessage: is.invalidBody`The file must be a camt.053 or camt.054 of ISO 20022, not ${'pain.001'}`,
  statementTooLarge: is.payloadTooLarge`A bank statement may have ${16_777_216} bytes at most; send larger ones as CSV`
})
