import { z } from 'zod'
import { isId } from '../base/ulid.ts'

/** The documents of a bill, as its row keeps them; `content` is base64. */
export const ATTACHMENTS = z.array(
  z.object({
    id: z.string(),
    attachmentType: z.string().optional(),
    name: z.string().optional(),
    mimeType: z.string().optional(),
    content: z.string().optional(),
    url: z.string().optional(),
    href: z.string().optional()
  })
)

export type Attachment = z.infer<typeof ATTACHMENTS>[number]

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
  // Of a bill that is answered: no time for a schema.
  const attachments: readonly Attachment[] = JSON.parse(json)
  const root: string = JSON.parse(`"${item}"`)
  return JSON.stringify(
    attachments.map((attachment) =>
      isOwnDocument(attachment) ? { ...attachment, url: `${root}/document/${attachment.id}` } : attachment
    )
  )
}
