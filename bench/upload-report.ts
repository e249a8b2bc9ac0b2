import { atLeast, atMost, type Gate } from './gate.ts'
import type { LargeUpload } from './large-upload.ts'
import { megabytes, table, whole } from './table.ts'
import type { UploadResult } from './uploads.ts'

/** Of 500 bills of another system. */
const UPLOAD_MS_MAX = 200
const ROWS_PER_SECOND_MIN = 20_000
/** The most that the kept memory may grow between a fifth and nine tenths of the rows. */
const GROWTH_MAX = 1.3

export function uploadGates({ ms, againMs }: UploadResult): readonly Gate[] {
  return [
    atMost('upload of 500 bills, ms', ms, UPLOAD_MS_MAX),
    atMost('the same upload again, ms', againMs, UPLOAD_MS_MAX)
  ]
}

export function largeUploadGates({ rows, perSecond, early, late }: LargeUpload): readonly Gate[] {
  return [
    atLeast(`rows per second of an upload of ${whole(rows)} bills`, perSecond, ROWS_PER_SECOND_MIN),
    atMost('kept memory after nine tenths of its rows / after a fifth', late / early, GROWTH_MAX)
  ]
}

export function largeUploadTable({ rows, perSecond, ownPerSecond, early, late, resident }: LargeUpload): string {
  const figures = table(
    ['an upload of bills', 'rows/s'],
    [
      [`${whole(rows)} of accounts of other systems`, whole(perSecond)],
      ['a fifth of these, of accounts of this service, with its ledger', whole(ownPerSecond)]
    ]
  )
  const memory = `memory kept after a fifth of the rows ${megabytes(early)}, after nine tenths ${megabytes(late)}`
  return `${figures}\n${memory}; resident up to ${megabytes(resident)}`
}
