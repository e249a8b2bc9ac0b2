import { DOCUMENTS } from '../../messages/document.ts'
import { doAside, isOutOfMemory } from '../../pace/aside.ts'
import type { BillContent } from '../content/bill-content.ts'

const WORK = new URL('./pdf-work.ts', import.meta.url)
const TOO_LARGE = DOCUMENTS.tooLarge()

/**
 * Returns the PDF of a bill, made in the thread. Throws `conflict` for a bill too large for its memory, and any error
 * of `requireClient`, called when its turn comes.
 */
export async function renderPdfAside(content: BillContent, requireClient?: () => void): Promise<Buffer> {
  try {
    const file = await doAside<BillContent, Uint8Array>(WORK, content, requireClient)
    return Buffer.from(file.buffer)
  } catch (error) {
    throw isOutOfMemory(error) ? TOO_LARGE : error
  }
}
