import type { Head, Verification } from './verify.ts'

export function report(verifications: readonly Verification[]): { readonly text: string; readonly isSound: boolean } {
  return {
    text: verifications.map(lineOf).join('\n'),
    isSound: verifications.every(({ broken }) => broken === undefined)
  }
}

function lineOf({ tenantId, sealed, unsealed, head, broken }: Verification): string {
  if (broken) {
    const row = broken.id === undefined ? '' : `, row ${broken.id}`
    return `${tenantId}: BROKEN at position ${broken.position}${row}: ${broken.why}; ${sealed} rows before it are sound`
  }
  const end = head ? `, head ${head.tenantId}:${head.position}:${head.hash}` : ''
  return `${tenantId}: sound, ${sealed} rows sealed, ${unsealed} not yet${end}`
}

const HEAD = /^(.+):([1-9]\d{0,14}):([0-9a-f]{64})$/

/** Reads a head as `report` prints it; undefined for any other text. */
export function parseHead(text: string): Head | undefined {
  const [, tenantId, position, hash] = HEAD.exec(text) ?? []
  return tenantId && position && hash ? { tenantId, position: Number(position), hash } : undefined
}
