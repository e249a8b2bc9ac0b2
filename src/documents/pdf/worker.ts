import { parentPort } from 'node:worker_threads'
import type { BillContent } from '../content/bill-content.ts'
import { renderPdf } from './pdf.ts'

/** Receives views and sends the bytes of their PDFs. A failure ends the thread. */
parentPort?.on('message', async (content: BillContent) => {
  const { buffer, byteOffset, byteLength } = await renderPdf(withBuffers(content))
  const file = new Uint8Array(buffer, byteOffset, byteLength).slice()
  parentPort?.postMessage(file, [file.buffer])
})

/** Messages turn a Buffer into a Uint8Array. */
function withBuffers(content: BillContent): BillContent {
  const { branding } = content.issuer
  const logo = branding.logo && { ...branding.logo, png: Buffer.from(branding.logo.png) }
  return { ...content, issuer: { ...content.issuer, branding: { ...branding, logo } } }
}
