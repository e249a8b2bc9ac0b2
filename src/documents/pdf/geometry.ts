/** A4 in points. */
export const PAGE = { width: 595.28, top: 60, bottom: 828 } as const
export const COLUMNS = { left: 57, text: 118, textEnd: 400, base: 398, tax: 452, right: 544 } as const
export const WIDTH = COLUMNS.right - COLUMNS.left
export const RULE = '#c4c7cc'
