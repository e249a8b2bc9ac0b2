import type { Transaction } from '../db/database.ts'
import type { ChangeContext, Owner } from '../tmf/declaration/resource.ts'
import { OWN_BILLING, recordDocuments } from '../tmf/event.ts'
import { kindNamed } from './kinds.ts'
import { anyUpload, writeUpload } from './list.ts'

export const UPLOAD_EVENTS = { created: 'UploadCreateEvent', stateChanged: 'UploadStateChangeEvent' } as const

/** Records an event of an upload with its figures so far, after the change. The upload is locked. */
export async function recordUpload(
  tx: Transaction,
  context: ChangeContext & { readonly view: Owner },
  what: keyof typeof UPLOAD_EVENTS,
  id: string
): Promise<void> {
  const upload = await anyUpload(tx, context.view.tenantId, id)
  const kind = kindNamed(upload.kind)
  const document = writeUpload(upload, kind, `${OWN_BILLING}/${kind.path}/${id}`)
  const source = { type: UPLOAD_EVENTS[what], path: 'upload', table: 'upload', owner: 'partner' } as const
  await recordDocuments(tx, context, source, [{ id, document }], context.clock())
}
