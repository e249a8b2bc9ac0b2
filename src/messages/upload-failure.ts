import { is, messages } from './message.ts'

/** Reasons of uploads that failed. */
export const UPLOAD_FAILURES = messages('uploadFailure', {
  broken: is.reason`The upload broke off after ${312_000} rows, and none was stored; send the file again`,
  lost: is.reason`The process that received the upload died after ${312_000} rows, and none was stored; send the file
    again`,
  unreadable: is.reason`The file cannot be read after ${312_000} rows; none is stored: ${'The body was cut'}`,
  stopped: is.reason`Storing rows failed after all attempts, and the log says why; ${312} of ${1_000} parts are done.
    Send the file again: rows that were stored are duplicates then`
})
