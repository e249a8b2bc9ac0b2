import type { Work } from '../../pace/aside.ts'
import type { BillContent } from '../content/bill-content.ts'
import { renderPdf } from './pdf.ts'

export const work: Work<BillContent, Uint8Array> = async (content) => {
  const { buffer, byteOffset, byteLength } = await renderPdf(withBuffers(content))
  const output = new Uint8Array(buffer, byteOffset, byteLength).slice()
  return { output, moved: [output.buffer] }
}

/** Messages turn a Buffer into a Uint8Array. */
function withBuffers(content: BillContent): BillContent {
  const { branding } = content.issuer
  const logo = branding.logo && { ...branding.logo, png: Buffer.from(branding.logo.png) }
  return { ...content, issuer: { ...content.issuer, branding: { ...branding, logo } } }
}
