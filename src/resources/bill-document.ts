import { z } from 'zod'
import { isId } from '../base/ulid.ts'

/** The documents in a bill's row; `content` is base64. */
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

export const OWN_TYPE = 'customerBill'

/** Returns the entry of a document that the server makes, named after its bill's number or id. */
export function ownDocument(id: string, bill: string) {
  return { id, name: `bill-${bill}`, attachmentType: OWN_TYPE }
}

/** A posted document has content or an address; the server makes the others. */
export function isOwnDocument({ id, attachmentType, content, url, href }: Attachment): boolean {
  const isElsewhere = content !== undefined || url !== undefined || href !== undefined
  return attachmentType === OWN_TYPE && isId(id) && !isElsewhere
}

/** Adds the `url` of the server's documents; `item` is the bill's URL, JSON-escaped. */
export function withUrls(json: string, item: string): string {
  if (!json.includes(`"${OWN_TYPE}"`)) return json
  // Hot path of reading bills: no time for a schema.
  const attachments: readonly Attachment[] = JSON.parse(json)
  const root: string = JSON.parse(`"${item}"`)
  return JSON.stringify(
    attachments.map((attachment) =>
      isOwnDocument(attachment) ? { ...attachment, url: `${root}/document/${attachment.id}` } : attachment
    )
  )
}
