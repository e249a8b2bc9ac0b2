import encodeQR from 'qr'

/** White modules around a QR code (ISO/IEC 18004). */
const QUIET_ZONE = 4

/** Returns the rows of modules of a payment QR code (EPC069-12), with the white around them. */
export function modulesOf(code: string): readonly (readonly boolean[])[] {
  return encodeQR(code, 'raw', { ecc: 'medium', border: QUIET_ZONE })
}

export function runsOf(row: readonly boolean[]): readonly (readonly [start: number, end: number])[] {
  const starts = [...row.keys()].filter((at) => row[at] && !row[at - 1])
  return starts.map((start) => {
    const end = row.indexOf(false, start)
    return [start, end < 0 ? row.length : end]
  })
}
