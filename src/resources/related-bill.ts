import { z } from 'zod'
import { link, object, oneOf, text } from '../tmf/declaration/shape.ts'

/**
 * `corrects` stands on a credit note, `correctedBy` on its bill; `replaces` on a bill with lines of a cancelled one,
 * `replacedBy` on that one.
 */
const RELATIONSHIPS = ['corrects', 'correctedBy', 'replaces', 'replacedBy'] as const

export const relatedBill = object('RelatedBill', {
  id: [text(256), 'Identifier of the other bill', 'required'],
  href: [link, 'Its address'],
  billNo: [text(), 'Its number'],
  relationshipType: [oneOf(RELATIONSHIPS), 'What this bill is to it', 'required']
})

const RELATED = z.array(z.object({ id: z.string() }).loose())

/** Adds the addresses of related bills; `item` is the address of the bill that names them, JSON-escaped. */
export function withHrefs(json: string, item: string): string {
  const root: string = JSON.parse(`"${item.slice(0, item.lastIndexOf('/'))}"`)
  return JSON.stringify(RELATED.parse(JSON.parse(json)).map((bill) => ({ ...bill, href: `${root}/${bill.id}` })))
}
