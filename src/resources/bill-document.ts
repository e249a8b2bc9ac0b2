import { isId } from '../base/ulid.ts'

/** A document of a bill, as `billDocument` lists it. */
export interface Attachment {
  readonly id: string
  readonly attachmentType?: string
  readonly name?: string
  readonly mimeType?: string
  /** Encoded as base64. */
  readonly content?: string
  readonly url?: string
  readonly href?: string
}

/** What the server writes as `attachmentType` of the documents that it makes itself. */
export const OWN_TYPE = 'customerBill'

/** Whether the server makes a document: one that was posted says what it holds, or where it is. */
export function isOwnDocument({ id, attachmentType, content, url, href }: Attachment): boolean {
  const isElsewhere = content !== undefined || url !== undefined || href !== undefined
  return attachmentType === OWN_TYPE && isId(id) && !isElsewhere
}

/** The JSON of a bill's documents with the `url` of those that the server makes; `item` is the bill's, JSON-escaped. */
export function withUrls(json: string, item: string): string {
  if (!json.includes(`"${OWN_TYPE}"`)) return json
  const attachments = JSON.parse(json) as readonly Attachment[]
  const root: string = JSON.parse(`"${item}"`)
  return JSON.stringify(
    attachments.map((attachment) =>
      isOwnDocument(attachment) ? { ...attachment, url: `${root}/document/${attachment.id}` } : attachment
    )
  )
}
