import { parentPort } from 'node:worker_threads'
import type { BillView } from '../view/bill-view.ts'
import { renderPdf } from './pdf.ts'

/** Receives views and sends the bytes of their PDFs. A failure ends the thread. */
parentPort?.on('message', async (view: BillView) => {
  const { buffer, byteOffset, byteLength } = await renderPdf(withBuffers(view))
  const file = new Uint8Array(buffer, byteOffset, byteLength).slice()
  parentPort?.postMessage(file, [file.buffer])
})

/** Messages turn a Buffer into a Uint8Array. */
function withBuffers(view: BillView): BillView {
  const { branding } = view.issuer
  const logo = branding.logo && { ...branding.logo, png: Buffer.from(branding.logo.png) }
  return { ...view, issuer: { ...view.issuer, branding: { ...branding, logo } } }
}
