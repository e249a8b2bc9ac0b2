import { createHash } from 'node:crypto'
import { billContent } from '../../src/documents/content/bill-content.ts'
import { renderPdf } from '../../src/documents/pdf/pdf.ts'
import { billOf } from './source.ts'

/** Bills whose letters share parts or looks: `;` contains a comma, `С` is no C. */
export const SET = [
  billOf('EUR', [{ amount: '1', name: 'Roaming; SMS: office flow' }]),
  billOf('EUR', [{ amount: '1234.5', name: 'Gespräch, Übersee' }], { language: 'de' }),
  billOf('EUR', [{ amount: '1', name: 'Связь с Россией' }], { customer: { name: 'Сергей Петров', address: {} } }),
  billOf('EUR', [{ amount: '1', name: 'Call' }], { customer: { name: 'Peter Cole', address: {} } }),
  billOf('EUR', [{ amount: '1', name: 'Κλήση; Ώρα' }], { language: 'fr' })
] as const

/** Returns the SHA-256 of the set's PDFs, made in this order, or all at once. */
export async function digestsOf(order: readonly number[], atOnce = false): Promise<readonly string[]> {
  const digests: string[] = []
  const make = async (place: number) => {
    const source = SET[place]
    if (!source) throw new Error(`there is no bill ${place}`)
    digests[place] = createHash('sha256')
      .update(await renderPdf(await billContent(source)))
      .digest('hex')
  }
  if (atOnce) await Promise.all(order.map(make))
  else for (const place of order) await make(place)
  return digests
}
