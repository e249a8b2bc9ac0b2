import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Bill } from './answers.ts'
import { get } from './api.ts'
import type { Subscriber } from './cast.ts'
import { expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import type { Scene } from './stage.ts'

interface Form {
  readonly extension: string
  readonly mediaType: string
  /** Texts in the document of the bill with this number. */
  readonly holds: (billNo: string) => readonly string[]
}

const FORMS: readonly Form[] = [
  { extension: 'pdf', mediaType: 'application/pdf', holds: () => ['%PDF-1.'] },
  { extension: 'html', mediaType: 'text/html', holds: (billNo) => [billNo, OPERATOR.branding.address.line1] },
  { extension: 'csv', mediaType: 'text/csv', holds: (billNo) => [`\r\n${billNo},`] }
]

/** The chapter of documents. */
export async function writeDocuments(
  scene: Scene,
  { name, lines }: Subscriber,
  { id, billNo, billDocument }: Bill
): Promise<void> {
  const { api, narrator, folder } = scene
  narrator.chapter('Documents')
  narrator.say(`The bill of ${name} as a document, the same bytes at every time.`)
  const address = `/customerBill/${id}/document/${billDocument[0].id}`
  for (const { extension, mediaType, holds } of FORMS) {
    narrator.request(`GET ${address} Accept: ${mediaType}`)
    const { body, headers } = await api.download(get(address, { Accept: mediaType }))
    const again = await api.download(get(address, { Accept: mediaType }))
    expectSame(`the ${extension} at a second time`, again.headers.get('etag'), headers.get('etag'))
    const text = body.toString('utf8')
    for (const part of holds(billNo))
      expectSame(`${JSON.stringify(part)} in the ${extension}`, text.includes(part), true)
    if (extension === 'csv') expectSame('its lines', text.match(/,rate\r\n/g)?.length, lines.length)
    const file = path.join(folder, `bill.${extension}`)
    writeFileSync(file, body)
    narrator.answer(`200  ${body.length.toLocaleString('en')} bytes, kept in ${path.relative(process.cwd(), file)}`)
  }
}
