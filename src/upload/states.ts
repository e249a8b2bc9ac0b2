export const UPLOAD_STATES = ['receiving', 'running', 'done', 'failed', 'cancelled'] as const
export type UploadState = (typeof UPLOAD_STATES)[number]

export function isOpen(state: UploadState): boolean {
  return state === 'receiving' || state === 'running'
}
